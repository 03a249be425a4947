// SPDX-License-Identifier: BSD-3-Clause

// Command generate turns the .proto files of the contract into Go code.
//
// It needs nothing but this module: the files are compiled in process and handed to
// protoc-gen-go and protoc-gen-go-grpc, which are tools of the module. Run it with
// "go generate ./sdk/..."; it takes the folder of the .proto files and the folder to write to.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: generate PROTO_DIR OUT_DIR")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(protoDir, outDir string) error {
	files, err := Generate(protoDir)
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(outDir, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
