// SPDX-License-Identifier: BSD-3-Clause

package sdk

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// manifestKeys goes through plugin.yaml beside the types that it is read into, because only
// there the lines are known.
type manifestKeys struct {
	faults []error
	// mistyped is set where a value is of another sort than its key takes.
	mistyped bool
}

// maxKeyFaults is how many faults are told, and maxKeyShown how much of a place: aliases can
// make many of few bytes.
const (
	maxKeyFaults = 100
	maxKeyShown  = 200
)

func (k *manifestKeys) fault(n *yaml.Node, at, format string, args ...any) {
	if len(k.faults) == maxKeyFaults {
		return
	}
	if at != "" {
		format += ", in %s"
		args = append(args, strings.ToValidUTF8(at[:min(len(at), maxKeyShown)], "…"))
	}
	k.faults = append(k.faults, fmt.Errorf("sdk: manifest: line %d: "+format, append([]any{n.Line}, args...)...))
}

// walk holds a value to the type that it is read into; at is its place, "" for the whole.
func (k *manifestKeys) walk(n *yaml.Node, t reflect.Type, at string) {
	for n.Kind == yaml.DocumentNode || n.Kind == yaml.AliasNode {
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		} else {
			n = n.Content[0]
		}
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if n.ShortTag() == "!!null" {
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		if k.expect(n, yaml.MappingNode, "keys with values", at) {
			k.members(n, t, at)
		}
	case reflect.Map:
		if k.expect(n, yaml.MappingNode, "keys with values", at) {
			for i := 0; i+1 < len(n.Content); i += 2 {
				k.walk(n.Content[i+1], t.Elem(), place(at, n.Content[i].Value[:min(len(n.Content[i].Value), maxKeyShown)]))
			}
		}
	case reflect.Slice:
		if k.expect(n, yaml.SequenceNode, "a list", at) {
			for i, element := range n.Content {
				k.walk(element, t.Elem(), place(at, strconv.Itoa(i)))
			}
		}
	default:
		if k.expect(n, yaml.ScalarNode, "one value", at) {
			k.scalar(n, t.Kind(), at)
		}
	}
}

func (k *manifestKeys) members(n *yaml.Node, t reflect.Type, at string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.ShortTag() == "!!merge" {
			k.merged(value, t, at)
			continue
		}
		if field, ok := memberOf(t, key.Value); ok {
			k.walk(value, field, place(at, key.Value))
		} else {
			k.fault(key, at, "the key %.100q is not known", key.Value)
		}
	}
}

// merged goes through what "<<" brings in: an anchored value, or a list of them.
func (k *manifestKeys) merged(n *yaml.Node, t reflect.Type, at string) {
	if n.Kind != yaml.SequenceNode {
		k.walk(n, t, at)
		return
	}
	for _, one := range n.Content {
		k.walk(one, t, at)
	}
}

// memberOf finds the type of a member by its key, as encoding/json does.
func memberOf(t reflect.Type, key string) (reflect.Type, bool) {
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" && strings.EqualFold(name, key) {
			return f.Type, true
		}
	}
	return nil, false
}

func (k *manifestKeys) expect(n *yaml.Node, kind yaml.Kind, what, at string) bool {
	if n.Kind == kind {
		return true
	}
	k.mistyped = true
	k.fault(n, at, "what stands here must be %s", what)
	return false
}

// scalar finds values that cannot be read into the type; of the rest the reader is the judge.
func (k *manifestKeys) scalar(n *yaml.Node, kind reflect.Kind, at string) {
	tag, want := n.ShortTag(), ""
	switch {
	case kind == reflect.String && (tag == "!!int" || tag == "!!float" || tag == "!!bool"):
		want = "a text: put it in quotes"
	case kind == reflect.Bool && tag != "!!bool":
		want = "true or false"
	case (kind == reflect.Int || kind == reflect.Int64 || kind == reflect.Int32) && (tag == "!!str" || tag == "!!bool"):
		want = "a whole number"
	}
	if want != "" {
		k.mistyped = true
		k.fault(n, at, "what stands here must be %s", want)
	}
}

func place(at, name string) string {
	if at == "" {
		return name
	}
	return at + "/" + name
}
