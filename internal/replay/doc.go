// Package replay holds the embedded portal against what the vendor's server was
// recorded to do: [Play] plays a complete transcript, [Ask] asks what does not
// depend on anything that happened before.
package replay
