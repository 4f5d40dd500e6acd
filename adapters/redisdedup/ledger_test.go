package redisdedup_test

import (
	"bufio"
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"testing"
)

// ledger is what the workers noted, by event.
type ledger struct {
	crashes int
	effects map[int64][]int // processes that had the effect
	done    map[int64][]int // processes that then recorded it
}

func readLedger(t *testing.T, name string) ledger {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	l := ledger{effects: map[int64][]int{}, done: map[int64][]int{}}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var what, key string
		var pid int
		if _, err := fmt.Sscan(lines.Text(), &what, &key, &pid); err != nil {
			t.Fatal(lines.Text(), err)
		}
		id, err := strconv.ParseInt(path.Base(key), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		switch what {
		case "crash":
			l.crashes++
		case "effect":
			l.effects[id] = append(l.effects[id], pid)
		case "done":
			l.done[id] = append(l.done[id], pid)
		}
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
	return l
}

// tally is how many events had one effect, none, or several from handlers that
// finished.
type tally struct {
	once, lost, doubled int
	// cutOff are the effects of handlers that did not finish: their process was
	// killed before it could record the event as done.
	cutOff int
}

func (l ledger) tally(events int64, killed int) tally {
	var sum tally
	for id := int64(1); id <= events; id++ {
		finished := 0
		for _, pid := range l.effects[id] {
			if pid == killed && !slices.Contains(l.done[id], killed) {
				sum.cutOff++
			} else {
				finished++
			}
		}
		switch {
		case len(l.effects[id]) == 0:
			sum.lost++
		case finished > 1:
			sum.doubled++
		default:
			sum.once++
		}
	}
	return sum
}
