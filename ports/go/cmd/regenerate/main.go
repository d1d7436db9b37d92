// Command regenerate computes the outcomes in all vector files from their
// inputs and writes the files into another folder, or over themselves.
//
//	usage: regenerate VECTORS [OUTPUT]
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"cloakroom.dev/go/cloakroom/internal/conformance"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 || len(os.Args) > 3 {
		log.Fatal("usage: regenerate VECTORS [OUTPUT]")
	}
	if err := run(os.Args[1], os.Args[len(os.Args)-1]); err != nil {
		log.Fatal(err)
	}
}

func run(from, to string) error {
	names, err := conformance.Names(from)
	if err != nil {
		return err
	}
	for _, name := range names {
		f, err := conformance.ReadFile(name)
		if err != nil {
			return err
		}
		text, err := f.Regenerate()
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, filepath.Base(name)), text, 0o644); err != nil {
			return err
		}
		fmt.Printf("%s: %d vectors\n", filepath.Base(name), len(f.Vectors))
	}
	return nil
}
