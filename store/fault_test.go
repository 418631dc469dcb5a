package store

import (
	"context"
	"fmt"
	"testing"
)

// testWriterFaults fails each request of a big write in turn, before and after
// it is carried out. What was there before is there afterwards, or what was
// written, whole; and a writer with retries gets it written all the same.
func testWriterFaults(t *testing.T, b bed) {
	body := bytesOf(2*b.part()+10, 1)
	old := []byte("old")
	for _, after := range []bool{false, true} {
		if after && !b.tokens {
			continue // no answer of such a store is lost
		}
		requests := int64(5) // begin, three parts, complete
		for n := int64(1); n <= requests; n++ {
			at := func(i int64, req Request) (f Failure) {
				switch {
				case i == n && after:
					f.After = broken()
				case i == n:
					f.Before = broken()
				}
				return f
			}
			key := fmt.Sprintf("%s%v-%d", b.prefix, after, n)
			first := mustPut(t, b, key, old)
			_, err := writeAll(t.Context(), Fault(b, at), key, body, Condition{Match: first.ETag}, b.create())
			if err == nil {
				t.Fatalf("request %d did not fail", n)
			}
			if after && n == requests {
				mustHold(t, b, key, body)
				first, _ = Head(t.Context(), b, key)
			} else {
				mustHold(t, b, key, old)
			}
			info, err := writeAll(t.Context(), wrapped(Fault(b, at)), key, body, Condition{Match: first.ETag}, b.create())
			if err != nil {
				t.Fatalf("with retries, request %d (after: %v): %v", n, after, err)
			}
			if got := mustHold(t, b, key, body); got.ETag != info.ETag {
				t.Errorf("commit answered %s, there is %s", info.ETag, got.ETag)
			}
		}
	}
}

// testLostAnswers loses the answer of each conditional write once. It is
// recognised as one's own.
func testLostAnswers(t *testing.T, b bed) {
	if !b.tokens {
		t.Skip("no answer of this store is lost")
	}
	lose := func() Store {
		return wrapped(Fault(b, func(n int64, _ Request) (f Failure) {
			if n == 1 {
				f.After = broken()
			}
			return f
		}))
	}
	ctx, key := t.Context(), b.prefix+"k"
	one, err := Put(ctx, lose(), key, []byte("one"), Condition{None: true})
	if err != nil {
		t.Fatal(err)
	}
	two, err := Put(ctx, lose(), key, []byte("two"), Condition{Match: one.ETag})
	if err != nil {
		t.Fatal(err)
	}
	if info := mustHold(t, b, key, []byte("two")); info.ETag != two.ETag {
		t.Errorf("put answered %s, there is %s", two.ETag, info.ETag)
	}
	if _, err := Copy(ctx, lose(), key, key+"-copy", Condition{None: true}); err != nil {
		t.Error(err)
	}
	mustHold(t, b, key+"-copy", []byte("two"))
	if err := Delete(ctx, lose(), key); err != nil {
		t.Error(err)
	}
}

// testNotMine puts an object of another writer where a conditional write whose
// first attempt failed is to go: that is not taken for one's own.
func testNotMine(t *testing.T, b bed) {
	body := bytesOf(b.part()+10, 2)
	for name, write := range map[string]func(context.Context, Store, string) error{
		"put": func(ctx context.Context, s Store, key string) error {
			_, err := Put(ctx, s, key, body[:10], Condition{None: true})
			return err
		},
		"writer": func(ctx context.Context, s Store, key string) error {
			_, err := writeAll(ctx, s, key, body, Condition{None: true}, b.create())
			return err
		},
	} {
		key := b.prefix + name
		other := []byte("of another")
		s := wrapped(Fault(b, func(n int64, req Request) (f Failure) {
			if n == 1 || req.Op == OpComplete {
				if _, err := Head(t.Context(), b, key); IsNotExist(err) {
					mustPut(t, b, key, other)
					f.Before = broken()
				}
			}
			return f
		}))
		if err := write(t.Context(), s, key); !IsChanged(err) {
			t.Errorf("%s: %v", name, err)
		}
		mustHold(t, b, key, other)
	}
}
