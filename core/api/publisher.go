// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"context"
	"net/http"
	"time"

	"github.com/satis-toscana/satis/core/postgres"
)

func (s *server) publisherRoutes() {
	route(s, describe(http.MethodGet, "/plugin-publishers", "list-publishers", "plugins", "List whose signature the network believes, or believed"), s.listPublishers)
	add := describe(http.MethodPost, "/plugin-publishers", "add-publisher", "plugins", "Believe a publisher's signature")
	add.Description = "`line` is what `satis plugin keygen` wrote into the .pub file. One that was withdrawn is believed again."
	add.DefaultStatus = http.StatusCreated
	route(s, add, s.addPublisher)
	remove := describe(http.MethodDelete, "/plugin-publishers/{publisher}", "withdraw-publisher", "plugins", "Believe a publisher no more")
	remove.Description = "Nothing new of his is taken in. What was approved stays until it is revoked."
	remove.DefaultStatus = http.StatusNoContent
	route(s, remove, func(ctx context.Context, in *struct {
		Key string `path:"publisher" maxLength:"64" doc:"The key's id"`
	}) (*nothing, error) {
		return &nothing{}, s.svc.WithdrawPublisher(ctx, in.Key)
	})
}

// publisher is whose signature the network believes.
type publisher struct {
	KeyID       string     `json:"key_id"`
	Name        string     `json:"name"`
	PublicKey   []byte     `json:"public_key" doc:"Ed25519, in base64"`
	AddedAt     time.Time  `json:"added_at"`
	WithdrawnAt *time.Time `json:"withdrawn_at,omitempty" doc:"From then on nothing new of his was taken in"`
}

func publisherOf(p postgres.Publisher) publisher {
	return publisher{p.KeyID, p.Name, p.PublicKey, p.AddedAt, p.WithdrawnAt}
}

func (s *server) listPublishers(ctx context.Context, _ *nothing) (*many[publisher], error) {
	list, err := s.svc.Publishers(ctx)
	if err != nil {
		return nil, err
	}
	return whole(convert(list, publisherOf)), nil
}

func (s *server) addPublisher(ctx context.Context, in *struct {
	Body struct {
		Line string `json:"line" maxLength:"400"`
	}
}) (*struct{ Body publisher }, error) {
	p, err := s.svc.AddPublisher(ctx, in.Body.Line)
	if err != nil {
		return nil, err
	}
	return &struct{ Body publisher }{publisherOf(p)}, nil
}
