// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/linker"
	"github.com/bufbuild/protocompile/protoutil"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

// license heads every generated file; the generators copy it only where it stands detached
// from other comments.
const license = "// SPDX-License-Identifier: BSD-3-Clause\n\n"

// Generate compiles every .proto file below dir and gives the Go files, by name.
func Generate(dir string) (map[string][]byte, error) {
	names, err := protoFiles(dir)
	if err != nil {
		return nil, err
	}
	compiler := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: []string{dir}}),
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	linked, err := compiler.Compile(context.Background(), names...)
	if err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	out := map[string][]byte{}
	for _, tool := range []struct{ name, param string }{
		{"protoc-gen-go", "paths=source_relative"},
		{"protoc-gen-go-grpc", "paths=source_relative,require_unimplemented_servers=false"},
	} {
		files, err := runTool(tool.name, tool.param, names, linked)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", tool.name, err)
		}
		maps.Copy(out, files)
	}
	return out, nil
}

func protoFiles(dir string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(p) != ".proto" {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		names = append(names, filepath.ToSlash(rel))
		return err
	})
	return names, err
}

func runTool(name, param string, toGenerate []string, linked linker.Files) (map[string][]byte, error) {
	req := &pluginpb.CodeGeneratorRequest{
		FileToGenerate: toGenerate,
		Parameter:      proto.String(param),
		ProtoFile:      inOrder(linked),
	}
	in, err := proto.Marshal(req)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("go", "tool", name)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	b, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var resp pluginpb.CodeGeneratorResponse
	if err := proto.Unmarshal(b, &resp); err != nil {
		return nil, err
	}
	if resp.Error != nil {
		return nil, errors.New(resp.GetError())
	}
	out := map[string][]byte{}
	for _, f := range resp.File {
		content := strings.TrimPrefix(f.GetContent(), license)
		out[path.Base(f.GetName())] = []byte(license + content)
	}
	return out, nil
}

// inOrder lists the descriptors so that each comes after what it imports.
func inOrder(linked linker.Files) []*descriptorpb.FileDescriptorProto {
	var out []*descriptorpb.FileDescriptorProto
	seen := map[string]bool{}
	var visit func(f linker.File)
	visit = func(f linker.File) {
		if seen[f.Path()] {
			return
		}
		seen[f.Path()] = true
		for i := range f.Imports().Len() {
			if dep := f.FindImportByPath(f.Imports().Get(i).Path()); dep != nil {
				visit(dep)
			}
		}
		out = append(out, protoutil.ProtoFromFileDescriptor(f))
	}
	for _, f := range slices.SortedFunc(slices.Values(linked), func(a, b linker.File) int { return strings.Compare(a.Path(), b.Path()) }) {
		visit(f)
	}
	return out
}
