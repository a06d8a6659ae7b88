package fabric

import (
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	real := time.Date(2026, 3, 1, 8, 0, 0, 123456789, time.FixedZone("CST", 8*3600))
	at := func(demonstration bool) *clock {
		return &clock{real: func() time.Time { return real }, demonstration: demonstration}
	}
	want := time.Date(2026, 3, 1, 0, 0, 0, 123e6, time.UTC)
	t.Run("times are UTC milliseconds", func(t *testing.T) {
		if now := at(false).now(); now != want {
			t.Errorf("got %v, want %v", now, want)
		}
	})
	t.Run("it never is before what is on the ledger", func(t *testing.T) {
		c := at(false)
		c.saw(want.Add(time.Minute))
		c.saw(want)
		if now := c.now(); now != want.Add(time.Minute) {
			t.Errorf("got %v", now)
		}
	})
	t.Run("another member's clock moves the real one by no more than that", func(t *testing.T) {
		c := at(false)
		c.saw(want.Add(time.Minute))
		real = real.Add(2 * time.Minute)
		defer func() { real = real.Add(-2 * time.Minute) }()
		if now := c.now(); now != want.Add(2*time.Minute) {
			t.Errorf("got %v", now)
		}
	})
	t.Run("a demonstration's goes on from there", func(t *testing.T) {
		c := at(true)
		c.saw(want.Add(time.Hour))
		real = real.Add(time.Minute)
		defer func() { real = real.Add(-time.Minute) }()
		if now := c.now(); now != want.Add(time.Hour+time.Minute) {
			t.Errorf("got %v", now)
		}
	})
	t.Run("a demonstration's can be advanced", func(t *testing.T) {
		c := at(true)
		for _, d := range []time.Duration{24 * time.Hour, time.Hour} {
			if err := c.advance(d); err != nil {
				t.Fatal(err)
			}
		}
		if now := c.now(); now != want.Add(25*time.Hour) {
			t.Errorf("got %v", now)
		}
	})
	t.Run("but not backwards or out of reach", func(t *testing.T) {
		for _, d := range []time.Duration{-1, maxClockOffset + time.Hour, 1<<63 - 1} {
			if err := at(true).advance(d); err == nil {
				t.Errorf("advanced by %v", d)
			}
		}
	})
	t.Run("a real one cannot", func(t *testing.T) {
		if err := at(false).advance(time.Hour); err == nil {
			t.Error("advanced")
		}
	})
}
