// Command pack writes recordings as fixtures: one file a server and database
// in openapi/fixtures.
//
//	go run ./openapi/captures/pack DIR
//
// DIR is a folder of folders of recordings, as package captures reads them.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/docspace-go/webhooks/openapi/captures"
)

func main() {
	out := flag.String("o", filepath.FromSlash("openapi/fixtures"), "folder to write to")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: pack [-o FOLDER] DIR")
		os.Exit(2)
	}
	if err := pack(flag.Arg(0), *out); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func pack(dir, out string) error {
	folders, err := captures.Load(dir)
	if err != nil {
		return err
	}
	for _, f := range folders {
		var packed bytes.Buffer
		if err := captures.Pack(&packed, f); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(out, f.Name+".jsonl"), packed.Bytes(), 0o600); err != nil {
			return err
		}
		fmt.Printf("%s: %d recordings, %d bytes\n", f.Name, len(f.Documents), packed.Len())
	}
	return nil
}
