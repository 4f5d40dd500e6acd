// Package redisdedup is a [receiver.Deduper] on Redis, for receivers in several
// processes, or in one that is restarted, that are to handle each event once.
//
// What it needs of Redis is one key an event, set with an expiry by a script
// that touches that key alone: any topology that go-redis connects to will do,
// Redis Cluster included.
//
// # When a worker crashes
//
// A portal up to 3.8 gives up on a delivery after about half a minute, so a
// crashed worker's claim has to be free again well within that, or the event is
// lost to 503s. A claim therefore stays in Redis for the grace only, and is
// renewed there while its process lives and its lease runs: a handler may take
// minutes, and a crash costs seconds.
//
// # When Redis fails
//
// No claim is granted, so the receiver answers 503 and the portal tries again:
// nothing is handled twice, and what the portal gives up on meanwhile is failed
// in its log. For an event whose handler returns in such a moment, Done tries
// until its context ends; a receiver allows five seconds. Only if Redis is away
// for longer does a repetition of that event find it new.
//
// What Redis forgets is new again too. Without persistence a restart forgets
// everything; claims under way are put back by their renewal, finished events
// are not, and each of them that the portal repeats, or somebody replays, is
// handled again. So set appendonly, with appendfsync always if the machine
// itself may go down; maxmemory-policy noeviction; and know that a replica that
// takes over lacks what was not replicated yet. Nothing that Redis forgets loses
// an event.
package redisdedup

import "github.com/docspace-go/webhooks/receiver"

var _ receiver.Deduper = (*Deduper)(nil)
