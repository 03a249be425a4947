// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"maps"
	"slices"

	"google.golang.org/grpc"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// clients are what a process is asked through, in the words of the newest contract.
type clients struct {
	plugin        pluginpb.PluginClient
	rules         rulesClient
	interventions pluginpb.InterventionsClient
	courses       pluginpb.CoursesClient
}

// contract is one major version of the contract, as this host speaks it.
type contract struct {
	// minor is the newest minor version that the host knows.
	minor uint32
	// speak makes the clients. That of an older major translates: the rest of the host
	// knows the newest words only.
	speak func(grpc.ClientConnInterface) clients
}

// contracts are the major versions that hosts serve: the newest and, once there are two, the
// one before it. Each process is spoken to in the newest that both it and its manifest allow.
func contracts() map[int]contract {
	return map[int]contract{sdk.ContractMajor: {sdk.ContractMinor, speak}}
}

func speak(conn grpc.ClientConnInterface) clients {
	return clients{
		pluginpb.NewPluginClient(conn), rules{conn},
		pluginpb.NewInterventionsClient(conn), pluginpb.NewCoursesClient(conn),
	}
}

// majors lists the major versions that the host and a manifest have in common.
func majors(served map[int]contract, m sdk.Manifest) []int {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(served)), func(n int) bool {
		return n < m.Contract.Min || n > m.Contract.Max
	})
}
