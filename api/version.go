package api

import (
	"runtime/debug"
	"sync"
)

const modulePath = "github.com/docspace-go/webhooks"

// userAgent names this module with the version it was built at.
var userAgent = sync.OnceValue(func() string {
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path == modulePath && m.Version != "" && m.Version != "(devel)" {
				version = m.Version
			}
		}
	}
	return "docspace-webhooks-go/" + version
})
