package portal

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// ServerBlockList has the networks that the vendor's server refuses as shipped.
// With it no receiver on this computer can be registered. It is not to be
// changed.
var ServerBlockList = []string{
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
	"::/128", "::1/128", "fc00::/8", "fd00::/8", "fe80::/10",
}

// DevelopmentBlockList is what a portal refuses by default: [ServerBlockList]
// without loopback and without the private networks that containers mostly live
// in. It is not to be changed.
var DevelopmentBlockList = []string{"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "fe80::/10"}

type blockList []netip.Prefix

func parseBlockList(networks []string) (blockList, error) {
	var list blockList
	for _, n := range networks {
		prefix, err := netip.ParsePrefix(n)
		if err != nil {
			return nil, fmt.Errorf("block list: %w", err)
		}
		list = append(list, prefix)
	}
	return list, nil
}

// has reports whether an address is on the list. An IPv4 address in IPv6
// clothes is an IPv6 one and is not found (`createWebhook.uri-ipv6-mapped-private`).
func (b blockList) has(a netip.Addr) bool {
	for _, prefix := range b {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}

// parseAddr reads a host that is an address, with the short, octal and
// hexadecimal spellings of IPv4 that the server's URL class takes.
func parseAddr(host string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return a, true
	}
	parts := strings.Split(host, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var value uint64
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 0, 32)
		if err != nil || strings.HasPrefix(part, "+") || strings.Contains(part, "_") {
			return netip.Addr{}, false
		}
		bits := 8
		if i == len(parts)-1 {
			bits = 8 * (5 - len(parts))
		}
		if n >= 1<<bits {
			return netip.Addr{}, false
		}
		value = value<<bits | n
	}
	return netip.AddrFrom4([4]byte{byte(value >> 24), byte(value >> 16), byte(value >> 8), byte(value)}), true
}
