// Command modzip prints the size of the zip that the module proxy would serve
// for the committed state of this module, and fails if it is over the limit.
package main

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

const limit = 1 << 20

func main() {
	var size counter
	version := module.Version{Path: "github.com/docspace-go/webhooks", Version: "v0.0.0"}
	if err := zip.CreateFromVCS(&size, version, ".", "HEAD", ""); err != nil {
		fmt.Fprintln(os.Stderr, "modzip:", err)
		os.Exit(1)
	}
	fmt.Printf("module's zip: %d bytes\n", size)
	if size > limit {
		fmt.Fprintf(os.Stderr, "modzip: over the limit of %d bytes\n", limit)
		os.Exit(1)
	}
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return io.Discard.Write(p)
}
