package store

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed-128c3863/sluice/flow"
)

// A bed is a store under test and a part of it that is the test's own.
type bed struct {
	Store
	prefix string // of every key, with a slash at its end
	beds
}

// create returns options for a Writer with room for two parts beside its own.
func (b beds) create() CreateOptions {
	return CreateOptions{Part: b.part(), Room: flow.NewBudget(int64(2 * b.part()))}
}

// part returns the bytes of a part of a multipart upload.
func (b beds) part() int { return cmp.Or(b.least, 64<<10) }

// beds says what a kind of store does of what it may do.
type beds struct {
	tokens bool // it keeps the Token of what is put
	least  int  // it takes no smaller part; 0: of any size
	apart  bool // it looks up an object's ETag before it opens its bytes, as versitygw does: a get may mix two versions
}

// suite is what every store that can be written does.
var suite = []struct {
	name string
	test func(*testing.T, bed)
}{
	{"PutGetHead", testPutGetHead},
	{"Keys", testKeys},
	{"ListOrder", testListOrder},
	{"ListPages", testListPages},
	{"Conditions", testConditions},
	{"Ranges", testRanges},
	{"GetMatch", testGetMatch},
	{"Copy", testCopy},
	{"Delete", testDelete},
	{"Multipart", testMultipart},
	{"Stream", testStream},
	{"WriterUnseen", testWriterUnseen},
	{"OneCreator", testOneCreator},
	{"WholeObjects", testWholeObjects},
	{"WriterFaults", testWriterFaults},
	{"LostAnswers", testLostAnswers},
	{"NotMine", testNotMine},
	{"Cancelled", testCancelled},
}

// conform runs the suite on the store. Each test has a prefix below root.
func conform(t *testing.T, s Store, root string, kind beds) {
	for _, c := range suite {
		t.Run(c.name, func(t *testing.T) { c.test(t, bed{s, root + c.name + "/", kind}) })
	}
}

func TestConformance(t *testing.T) {
	t.Run("local relative", func(t *testing.T) {
		t.Chdir(t.TempDir())
		conform(t, Local(), "some/where/", beds{})
	})
	faults := []string{"-p500", ".03", "-ptrunc", ".03", "-preset", ".03", "-plost", ".03", "-seed", "7"}
	for name, test := range map[string]func(*testing.T){
		"local":         func(t *testing.T) { conform(t, Local(), t.TempDir()+"/", beds{}) },
		"local wrapped": func(t *testing.T) { conform(t, wrapped(Local()), t.TempDir()+"/", beds{}) },
		"s3sim":         func(t *testing.T) { conform(t, openS3(t, startSim(t)), "", beds{tokens: true}) },
		"s3sim wrapped": func(t *testing.T) { conform(t, wrapped(openS3(t, startSim(t))), "a/b/", beds{tokens: true}) },
		"s3sim faulty":  func(t *testing.T) { conform(t, wrapped(openS3(t, startSim(t, faults...))), "", beds{tokens: true}) },
		"versitygw": func(t *testing.T) {
			conform(t, openS3(t, startVersity(t)), "", beds{tokens: true, apart: true, least: 5 << 20})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

// bytesOf returns n bytes that differ from place to place and by seed.
func bytesOf(n int, seed uint64) []byte {
	b := make([]byte, n)
	var key [32]byte
	key[0] = byte(seed)
	rand.NewChaCha8(key).Read(b)
	return b
}

func mustPut(t *testing.T, s Store, key string, body []byte) Info {
	t.Helper()
	info, err := Put(t.Context(), s, key, body, Condition{})
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func mustHold(t *testing.T, s Store, key string, want []byte) Info {
	t.Helper()
	body, info, err := Get(t.Context(), s, key, "")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(body, want) {
		t.Fatalf("%s has %d bytes, want %d, or they differ", key, len(body), len(want))
	}
	return info
}

func collect(t *testing.T, s Store, prefix, after string) (keys []string) {
	t.Helper()
	for info, err := range List(t.Context(), s, prefix, after) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, info.Key)
	}
	return keys
}

func all[T any](items []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range items {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func testPutGetHead(t *testing.T, b bed) {
	for _, size := range []int{0, 1, 1000, 3 << 20} {
		key := fmt.Sprintf("%ssize-%d", b.prefix, size)
		want := bytesOf(size, 1)
		put := mustPut(t, b, key, want)
		got := mustHold(t, b, key, want)
		head, err := Head(t.Context(), b, key)
		if err != nil {
			t.Fatal(err)
		}
		for name, info := range map[string]Info{"put": put, "get": got, "head": head} {
			if info.ETag == "" || info.ETag != put.ETag || info.Size != int64(size) || info.Key != key || info.Served.IsZero() {
				t.Errorf("size %d: %s answers %+v, put %+v", size, name, info, put)
			}
		}
		if head.Modified.IsZero() || !head.Modified.Equal(got.Modified) {
			t.Errorf("modified: head %v, get %v", head.Modified, got.Modified)
		}
		for info, err := range List(t.Context(), b, key, "") {
			if err != nil || info.ETag != put.ETag || info.Size != int64(size) || info.Modified.IsZero() {
				t.Errorf("list answers %+v, %v, put %+v", info, err, put)
			}
		}
	}
	for _, key := range []string{"none", "no/such/folder/none"} {
		if _, err := Head(t.Context(), b, b.prefix+key); !IsNotExist(err) || Retryable(err) {
			t.Errorf("head of %s: %v", key, err)
		}
		if _, _, err := Get(t.Context(), b, b.prefix+key, ""); !IsNotExist(err) || !strings.Contains(err.Error(), key) {
			t.Errorf("get of %s: %v", key, err)
		}
	}
}

func testKeys(t *testing.T, b bed) {
	keys := []string{
		"plain.json", "with space.json", "a+b.json", "50%.json", "%2F.json", "a&b=c;d,e.json", "q?x#y.json", "(paren)'quote\".json", "tilde~$@!*:.json",
		"한국어/서울.json", "é.json", "Ünï/çødé", "emoji-🚀.json", "<tag>&amp;.json", "date=2024-04-17/part=1.json", "back\\slash.json", "x=.json",
	}
	for i, key := range keys {
		mustPut(t, b, b.prefix+key, []byte{byte(i)})
	}
	want := slices.Clone(keys)
	for i := range want {
		want[i] = b.prefix + want[i]
	}
	slices.Sort(want)
	if got := collect(t, b, b.prefix, ""); !slices.Equal(got, want) {
		t.Errorf("list\ngot  %q\nwant %q", got, want)
	}
	for i, key := range keys {
		key = b.prefix + key
		mustHold(t, b, key, []byte{byte(i)})
		if got := collect(t, b, key, ""); !slices.Equal(got, []string{key}) {
			t.Errorf("list of %q: %q", key, got)
		}
		if _, err := Copy(t.Context(), b, key, key+".copy", Condition{}); err != nil {
			t.Fatal(err)
		}
		mustHold(t, b, key+".copy", []byte{byte(i)})
		if err := Delete(t.Context(), b, key); err != nil {
			t.Fatal(err)
		}
		if _, err := Head(t.Context(), b, key); !IsNotExist(err) {
			t.Errorf("%q is still there: %v", key, err)
		}
	}
}

func testListOrder(t *testing.T, b bed) {
	names := []string{"a-b", "a/b", "a/b0", "a/c/d/e", "a/c/d.e", "a0", "a.b", "b", "b-1/x", "c/é", "c/z", "Z", "_x"}
	for _, n := range names {
		mustPut(t, b, b.prefix+n, nil)
	}
	for i := range names {
		names[i] = b.prefix + names[i]
	}
	slices.Sort(names)
	sub := func(prefix, after string) (want []string) {
		for _, n := range names {
			if strings.HasPrefix(n, b.prefix+prefix) && n > after {
				want = append(want, n)
			}
		}
		return want
	}
	afters := []string{"", b.prefix + "a", b.prefix + "a/", b.prefix + "a/b", b.prefix + "a/c/d", b.prefix + "a/zzz", b.prefix + "b-1/x", b.prefix + "zzz"}
	for _, prefix := range []string{"", "a", "a/", "a/c/d", "a/c/d/", "b-", "c", "none", "none/such/"} {
		for _, after := range afters {
			if got, want := collect(t, b, b.prefix+prefix, after), sub(prefix, after); !slices.Equal(got, want) {
				t.Errorf("prefix %q after %q\ngot  %q\nwant %q", prefix, after, got, want)
			}
		}
	}
	a, err := b.Do(t.Context(), Request{Op: OpList, Key: b.prefix, Max: 3})
	if err != nil || len(a.List) != 3 || !a.More || a.List[2].Key != names[2] {
		t.Errorf("a page of 3: %+v, %v", a, err)
	}
}

func testListPages(t *testing.T, b bed) {
	const n = 2300
	var want []string
	for i := range n {
		want = append(want, fmt.Sprintf("%sp/%04d/x", b.prefix, i))
	}
	err := flow.Each(t.Context(), 32, all(want), func(ctx context.Context, key string) error {
		_, err := Put(ctx, b, key, []byte("x"), Condition{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := collect(t, b, b.prefix, ""); !slices.Equal(got, want) {
		t.Errorf("got %d keys, want %d", len(got), n)
	}
	seen := 0
	for _, err := range List(t.Context(), b, b.prefix, want[99]) { // two at once, and one left early
		if err != nil {
			t.Fatal(err)
		}
		if seen++; seen == 1500 {
			break
		}
	}
	if got := collect(t, b, b.prefix+"p/1", ""); len(got) != 1000 {
		t.Errorf("got %d keys, want exactly a page of 1000", len(got))
	}
}

func testConditions(t *testing.T, b bed) {
	ctx, key := t.Context(), b.prefix+"k"
	if _, err := Put(ctx, b, key, []byte("x"), Condition{Match: "0123456789abcdef0123456789abcdef"}); !IsChanged(err) {
		t.Errorf("replacing what is not there: %v", err)
	}
	one, err := Put(ctx, b, key, []byte("one"), Condition{None: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Put(ctx, b, key, []byte("two"), Condition{None: true}); !IsChanged(err) || Retryable(err) {
		t.Errorf("creating what is there: %v", err)
	}
	mustHold(t, b, key, []byte("one"))
	two, err := Put(ctx, b, key, []byte("two!"), Condition{Match: one.ETag})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Put(ctx, b, key, []byte("three"), Condition{Match: one.ETag}); !IsChanged(err) {
		t.Errorf("replacing an old version: %v", err)
	}
	if info := mustHold(t, b, key, []byte("two!")); info.ETag != two.ETag {
		t.Errorf("etag %s, put answered %s", info.ETag, two.ETag)
	}
	if b.tokens {
		if info, err := Head(ctx, b, key); err != nil || info.Token != two.Token || info.Token == "" {
			t.Errorf("token %q of %+v, %v", two.Token, info, err)
		}
	}
}

func testRanges(t *testing.T, b bed) {
	key, body := b.prefix+"r", bytesOf(10_000, 3)
	info := mustPut(t, b, key, body)
	for _, r := range []Range{{0, 1}, {0, 10_000}, {5, 100}, {9_999, 1}, {9_000, 5_000}, {9_000, 0}, {1, 0}} {
		end := int64(len(body))
		if r.Length > 0 {
			end = min(end, r.Offset+r.Length)
		}
		got, at, err := GetRange(t.Context(), b, key, info.ETag, r)
		if err != nil || !bytes.Equal(got, body[r.Offset:end]) || at.Size != 10_000 || at.ETag != info.ETag {
			t.Errorf("%+v: %d bytes of %+v, %v", r, len(got), at, err)
		}
	}
	if _, _, err := GetRange(t.Context(), b, key, "", Range{10_000, 5}); err == nil || Retryable(err) || IsFatal(err) {
		t.Errorf("a range beyond the end: %v", err)
	}
}

func testGetMatch(t *testing.T, b bed) {
	key := b.prefix + "m"
	old := mustPut(t, b, key, []byte("old"))
	if body, _, err := Get(t.Context(), b, key, old.ETag); err != nil || string(body) != "old" {
		t.Errorf("get of the version that is there: %q, %v", body, err)
	}
	mustPut(t, b, key, []byte("newer"))
	if _, _, err := Get(t.Context(), b, key, old.ETag); !IsChanged(err) || Retryable(err) {
		t.Errorf("get of a version that is gone: %v", err)
	}
	if _, _, err := GetRange(t.Context(), b, key, old.ETag, Range{0, 2}); !IsChanged(err) {
		t.Errorf("range of a version that is gone: %v", err)
	}
}

func testCopy(t *testing.T, b bed) {
	ctx, from, to := t.Context(), b.prefix+"from", b.prefix+"to/a b+c"
	body := bytesOf(100_000, 4)
	mustPut(t, b, from, body)
	info, err := Copy(ctx, b, from, to, Condition{})
	if err != nil {
		t.Fatal(err)
	}
	if got := mustHold(t, b, to, body); got.ETag != info.ETag {
		t.Errorf("etag %s, copy answered %s", got.ETag, info.ETag)
	}
	if _, err := Copy(ctx, b, b.prefix+"none", to, Condition{}); !IsNotExist(err) {
		t.Errorf("copy of nothing: %v", err)
	}
	mustHold(t, b, to, body)
	if _, err := Copy(ctx, b, from, b.prefix+"new", Condition{None: true}); err != nil {
		t.Errorf("conditional copy: %v", err)
	}
	mustHold(t, b, b.prefix+"new", body)
}

func testDelete(t *testing.T, b bed) {
	ctx, key := t.Context(), b.prefix+"d/e"
	for _, k := range []string{key, b.prefix + "no/such/thing"} {
		if err := Delete(ctx, b, k); err != nil {
			t.Errorf("delete of nothing: %v", err)
		}
	}
	mustPut(t, b, key, []byte("x"))
	if err := Delete(ctx, b, key); err != nil {
		t.Fatal(err)
	}
	if _, err := Head(ctx, b, key); !IsNotExist(err) {
		t.Errorf("still there: %v", err)
	}
}

func testMultipart(t *testing.T, b bed) {
	ctx, key := t.Context(), b.prefix+"m"
	first, second := bytesOf(b.part(), 5), bytesOf(1000, 6)
	begin := func() string {
		a, err := b.Do(ctx, Request{Op: OpBegin, Key: key, Token: "mark"})
		if err != nil || a.Upload == "" {
			t.Fatal(a, err)
		}
		return a.Upload
	}
	part := func(upload string, n int, at int64, body []byte) Part {
		a, err := b.Do(ctx, Request{Op: OpPart, Key: key, Upload: upload, Number: n, Range: Range{Offset: at}, Body: body})
		if err != nil || a.Part.Number != n || a.Part.Size != int64(len(body)) {
			t.Fatal(a, err)
		}
		return a.Part
	}
	upload := begin()
	two := part(upload, 2, int64(len(first)), second)
	part(upload, 1, 0, bytesOf(b.part(), 7))
	one := part(upload, 1, 0, first) // a part sent twice counts once
	if _, err := Head(ctx, b, key); !IsNotExist(err) {
		t.Errorf("seen before it is complete: %v", err)
	}
	if got := collect(t, b, b.prefix, ""); len(got) > 0 {
		t.Errorf("listed before it is complete: %q", got)
	}
	done := Request{Op: OpComplete, Key: key, Upload: upload, Parts: []Part{one, two}, Token: "mark", If: Condition{None: true}}
	a, err := b.Do(ctx, done)
	if err != nil {
		t.Fatal(err)
	}
	if info := mustHold(t, b, key, append(first, second...)); info.ETag != a.Info.ETag || info.Size != a.Info.Size {
		t.Errorf("complete answered %+v, get %+v", a.Info, info)
	}
	other := begin()
	done.Upload, done.Parts = other, []Part{part(other, 1, 0, second)}
	if _, err := b.Do(ctx, done); !IsChanged(err) {
		t.Errorf("creating what is there: %v", err)
	}
	for range 2 {
		if _, err := b.Do(ctx, Request{Op: OpAbort, Key: key, Upload: other}); err != nil {
			t.Errorf("abort: %v", err)
		}
	}
	// (Where there is an object already, versitygw takes it for the one that
	// the upload became.)
	if err := Delete(ctx, b, key); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Do(ctx, done); !IsNotExist(err) {
		t.Errorf("complete after abort: %v", err)
	}
}

// writeAll writes body in pieces of an odd size, and commits it.
func writeAll(ctx context.Context, s Store, key string, body []byte, c Condition, o CreateOptions) (Info, error) {
	w := Create(ctx, s, key, c, o)
	defer w.Abort(ctx)
	for len(body) > 0 {
		n := min(len(body), o.Part/8+3)
		if m, err := w.Write(body[:n]); err != nil || m != n {
			return Info{}, errors.Join(err, fmt.Errorf("%d of %d bytes written", m, n))
		}
		body = body[n:]
	}
	return w.Commit(ctx)
}

func testStream(t *testing.T, b bed) {
	part := b.part()
	for _, size := range []int{0, 1, part - 1, part, part + 1, 2 * part, 4*part + 1} {
		key, body := fmt.Sprintf("%s%d", b.prefix, size), bytesOf(size, 8)
		info, err := writeAll(t.Context(), b, key, body, Condition{None: true}, b.create())
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if info.Size != int64(size) || info.ETag == "" {
			t.Errorf("%d bytes: commit answers %+v", size, info)
		}
		info.Key = key
		for _, o := range []OpenOptions{{}, {Range: int64(part / 8), Ahead: 5}, {Range: int64(part), Ahead: 1}} {
			r := Open(t.Context(), b, info, o)
			wait := r.Ahead(int64(size/3), int64(size-size/3))
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, body) {
				t.Errorf("%d bytes by %+v: %d bytes or they differ, %v", size, o, len(got), err)
			}
			got, err = wait()
			if r.Close(); err != nil || !bytes.Equal(got, body[size/3:]) {
				t.Errorf("%d bytes by %+v, ahead: %d bytes or they differ, %v", size, o, len(got), err)
			}
		}
	}
	if left := collect(t, b, b.prefix, ""); len(left) != 7 {
		t.Errorf("there are %q", left)
	}
}

func testWriterUnseen(t *testing.T, b bed) {
	ctx := t.Context()
	for _, size := range []int{10, 3*b.part() + 10} {
		key := fmt.Sprintf("%s%d", b.prefix, size)
		w := Create(ctx, b, key, Condition{}, b.create())
		if _, err := w.Write(bytesOf(size, 9)); err != nil {
			t.Fatal(err)
		}
		if _, err := Head(ctx, b, key); !IsNotExist(err) {
			t.Errorf("seen before commit: %v", err)
		}
		upload := w.upload
		if err := w.Abort(ctx); err != nil {
			t.Error(err)
		}
		if _, err := b.Do(ctx, Request{Op: OpPart, Key: key, Upload: upload, Number: 1, Body: []byte("x")}); upload != "" && !IsNotExist(err) {
			t.Errorf("the upload is still there: %v", err)
		}
		if _, err := w.Write([]byte("x")); err == nil {
			t.Error("write after abort")
		}
		if _, err := w.Commit(ctx); err == nil {
			t.Error("commit after abort")
		}
		first := mustPut(t, b, key, []byte("there"))
		if _, err := writeAll(ctx, b, key, bytesOf(size, 9), Condition{None: true}, b.create()); !IsChanged(err) {
			t.Errorf("creating what is there: %v", err)
		}
		mustHold(t, b, key, []byte("there"))
		if _, err := writeAll(ctx, b, key, bytesOf(size, 9), Condition{Match: first.ETag}, b.create()); err != nil {
			t.Errorf("replacing what is there: %v", err)
		}
		mustHold(t, b, key, bytesOf(size, 9))
	}
}

func testOneCreator(t *testing.T, b bed) {
	for round := range 5 {
		key := fmt.Sprintf("%snew/%d", b.prefix, round)
		var winners atomic.Int64
		var wg sync.WaitGroup
		for i := range 12 {
			wg.Go(func() {
				_, err := Put(t.Context(), b, key, []byte{byte(i)}, Condition{None: true})
				if err == nil {
					winners.Add(1)
				} else if !IsChanged(err) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if winners.Load() != 1 {
			t.Errorf("%d of 12 have created it", winners.Load())
		}
	}
}

// testWholeObjects replaces an object again and again while others read it.
func testWholeObjects(t *testing.T, b bed) {
	const size, rounds = 200_000, 60
	key := b.prefix + "w"
	mustPut(t, b, key, bytes.Repeat([]byte{0}, size))
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for ctx.Err() == nil {
				body, info, err := Get(t.Context(), b, key, "")
				if err != nil && !Retryable(err) {
					t.Error(err)
				} else if err == nil && (len(body) != size || bytes.Count(body, body[:1]) != size) {
					t.Errorf("%d bytes of several versions", len(body))
				}
				if tail, _, err := GetRange(t.Context(), b, key, info.ETag, Range{size / 2, 0}); err == nil && !b.apart && info.ETag != "" && tail[0] != body[0] {
					t.Error("a range of another version")
				}
			}
		})
	}
	for i := range rounds {
		if _, err := Put(t.Context(), b, key, bytes.Repeat([]byte{byte(i)}, size), Condition{}); err != nil {
			t.Error(err)
		}
	}
	stop()
	wg.Wait()
}

func testCancelled(t *testing.T, b bed) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the user has had enough")
	cancel(why)
	for op := OpList; op <= OpAbort; op++ {
		_, err := b.Do(ctx, Request{Op: op, Key: b.prefix + "x", Source: "y", Upload: "z"})
		if !errors.Is(err, why) || Retryable(err) || IsFatal(err) {
			t.Errorf("%v: %v", op, err)
		}
	}
}
