package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/flate"
)

// Member splits the URL of a file in an archive, orders.zip#2024/a.csv, into
// that of the archive and the name of the file in it, which may be empty.
func Member(url string) (archive, name string, ok bool) {
	for i := 0; i < len(url); i++ {
		if url[i] == '#' && IsArchive(url[:i]) {
			return url[:i], url[i+1:], true
		}
	}
	return "", "", false
}

// IsArchive says whether a URL is that of an archive as a whole.
func IsArchive(url string) bool {
	if strings.HasPrefix(url, "https://") {
		url, _, _ = strings.Cut(url, "?")
	}
	return len(url) > len(".zip") && strings.EqualFold(url[len(url)-len(".zip"):], ".zip")
}

// An archive is the store of the files in a zip, for reading alone; keys are
// their names. Of the archive the list at its end is read, then what is wanted.
// What is wrong with its content is no *Error.
type archive struct {
	of  Store
	key string // in of
	url string // without what is secret

	mu   sync.Mutex // guards the rest
	info Info       // of the archive, when list was read
	list []member   // by name
}

func newArchive(of Store, key, url string) Store {
	return &archive{of: of, key: key, url: bare(url)}
}

// Do answers list, head and get.
func (z *archive) Do(ctx context.Context, req Request) (Answer, error) {
	switch req.Op {
	case OpList:
		return z.names(ctx, req)
	case OpHead:
		m, info, err := z.member(ctx, req.Key, "")
		return Answer{Info: z.infoOf(m, info)}, err
	case OpGet:
		return z.get(ctx, req)
	}
	return Answer{}, &Error{Op: req.Op.String(), URL: z.url, Kind: Unsupported, Err: errors.New("files in an archive are for reading alone")}
}

// look returns the members of the archive as it is now.
func (z *archive) look(ctx context.Context) ([]member, Info, error) {
	info, err := Head(ctx, z.of, z.key)
	if err != nil {
		return nil, info, err
	}
	info.Key = z.key
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.info.Key != "" && z.info.Mark() == info.Mark() && z.info.Size == info.Size {
		return z.list, z.info, nil
	}
	if info.Size < 0 {
		return nil, info, errors.New("the server does not say how large the archive is: download it first")
	}
	const near = 256 << 10 // of most archives the whole list
	in := Open(ctx, z.of, info, OpenOptions{Range: near})
	defer in.Close()
	list, err := readZip(in, info.Size)
	if err != nil {
		return nil, info, fmt.Errorf("%s: %w", z.url, err)
	}
	z.info, z.list = info, list
	return list, info, nil
}

// held returns the members as they were last looked at.
func (z *archive) held(ctx context.Context) ([]member, Info, error) {
	z.mu.Lock()
	list, info := z.list, z.info
	z.mu.Unlock()
	if info.Key != "" {
		return list, info, nil
	}
	return z.look(ctx)
}

// member returns a member, of the archive as it is now or, with an ETag, as it
// is to be.
func (z *archive) member(ctx context.Context, name, etag string) (m member, info Info, err error) {
	if etag != "" {
		if list, info, err := z.held(ctx); err == nil {
			if m, there := z.find(list, name); there && z.infoOf(m, info).ETag == etag {
				return m, info, nil
			}
		}
	}
	list, info, err := z.look(ctx)
	if err != nil {
		return m, info, err
	}
	m, there := z.find(list, name)
	e := &Error{Op: "get", URL: z.url + "#" + name}
	switch {
	case !there:
		e.Kind, e.Err = NotExist, errors.New("the archive has no such file")
	case etag != "" && z.infoOf(m, info).ETag != etag:
		e.Kind, e.Err = Changed, errChanged
	default:
		return m, info, nil
	}
	return m, info, e
}

func (z *archive) find(list []member, name string) (member, bool) {
	i, there := slices.BinarySearchFunc(list, name, func(m member, name string) int { return strings.Compare(m.name, name) })
	if !there {
		return member{}, false
	}
	return list[i], true
}

// infoOf is what is known of a member: its version is that of the archive, and
// what the list says of it.
func (z *archive) infoOf(m member, of Info) Info {
	return Info{Key: m.name, Size: m.size, Modified: of.Modified, Served: of.Served, ETag: fmt.Sprintf("%s#%08x-%x", of.Mark(), m.crc, m.size)}
}

// names answers a page of the list. An archive that is not there has none.
func (z *archive) names(ctx context.Context, req Request) (a Answer, err error) {
	list, info, err := z.look(ctx)
	if IsNotExist(err) {
		return Answer{}, nil
	}
	if err != nil {
		return Answer{}, err
	}
	from := max(req.Key, req.After)
	i, _ := slices.BinarySearchFunc(list, from, func(m member, name string) int { return strings.Compare(m.name, name) })
	most := min(cmp.Or(req.Max, MaxKeys), MaxKeys)
	for ; i < len(list) && strings.HasPrefix(list[i].name, req.Key); i++ {
		if list[i].name <= req.After {
			continue
		}
		if len(a.List) == most {
			a.More = true
			break
		}
		a.List = append(a.List, z.infoOf(list[i], info))
	}
	return a, nil
}

// get unpacks a member, or a part of it.
func (z *archive) get(ctx context.Context, req Request) (a Answer, err error) {
	m, info, err := z.member(ctx, req.Key, req.If.Match)
	if err != nil {
		return a, err
	}
	n, err := req.Range.within(m.size)
	if err != nil {
		return a, err
	}
	in, end := z.unpack(ctx, m, info, OpenOptions{Ahead: 1})
	defer end()
	if _, err = io.CopyN(io.Discard, in, req.Range.Offset); err != nil {
		return a, err
	}
	a.Info, a.Body = z.infoOf(m, info), sized(req.Body, n)
	if _, err = io.ReadFull(in, a.Body); err == nil && n == m.size-req.Range.Offset {
		_, err = io.Copy(io.Discard, in) // to its check
	}
	if err != nil {
		return Answer{}, err
	}
	return a, nil
}

// open is Open of a member.
func (z *archive) open(ctx context.Context, of Info, o OpenOptions) *Reader {
	m, info, err := z.member(ctx, of.Key, of.ETag)
	if err != nil {
		fail := func() ([]byte, error, bool) { return nil, err, true }
		none := func(context.Context, int64, int64) ([]byte, error) { return nil, err }
		return &Reader{parts: &parts{size: of.Size, each: o.Range, fetch: func(int) ([]byte, error) { return nil, err }}, ctx: ctx, get: none, next: fail, stop: func() {}}
	}
	in, end := z.unpack(ctx, m, info, o)
	buffer := make([]byte, 256<<10)
	p := &places{z: z, ctx: ctx, m: m, info: info}
	r := &Reader{parts: &parts{size: m.size, each: o.Range}, ctx: ctx, stop: func() { end(); p.close() }}
	r.get = func(_ context.Context, at, n int64) ([]byte, error) { return p.read(at, n) }
	r.next = func() ([]byte, error, bool) {
		n, err := in.Read(buffer)
		if err == io.EOF {
			return buffer[:n], nil, n > 0
		}
		return buffer[:n], err, true
	}
	r.fetch = func(i int) ([]byte, error) {
		at := int64(i) * o.Range
		return p.read(at, min(o.Range, m.size-at))
	}
	if o.Direct {
		r.direct = p.read
	}
	return r
}

// section is a stretch of an object, as a store.
type section struct {
	of  Store
	key string
	at  int64
}

func (s section) Do(ctx context.Context, req Request) (Answer, error) {
	req.Key = s.key
	req.Range.Offset += s.at
	return s.of.Do(ctx, req)
}

// unpack returns the bytes of a member, and what ends their reading.
func (z *archive) unpack(ctx context.Context, m member, info Info, o OpenOptions) (io.Reader, func()) {
	if m.fault != nil {
		return &failing{m.fault}, func() {}
	}
	all := Open(ctx, section{z.of, z.key, m.header}, Info{Key: z.key, ETag: ETagOf(info.Mark()), Size: m.end - m.header}, OpenOptions{Range: o.Range, Ahead: o.Ahead})
	return &unpacking{m: m, raw: all}, func() { _ = all.Close() }
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// An unpacking reads a member from its header on, and checks what it reads.
type unpacking struct {
	m   member
	raw io.Reader
	in  io.Reader // nil: the header was not read
	sum uint32
	n   int64
	err error
}

func (u *unpacking) Read(p []byte) (n int, err error) {
	if u.err == nil && u.in == nil {
		u.err = u.begin()
	}
	if u.err != nil {
		return 0, u.err
	}
	n, err = u.in.Read(p)
	u.n += int64(n)
	u.sum = crc32.Update(u.sum, crc32.IEEETable, p[:n])
	var corrupt flate.CorruptInputError
	switch {
	case u.n > u.m.size, err == io.EOF && (u.n < u.m.size || u.sum != u.m.crc), errors.As(err, &corrupt), errors.Is(err, io.ErrUnexpectedEOF):
		n, err = 0, errMember
	}
	u.err = err
	return n, err
}

var errMember = errors.New("it is damaged in the archive: get the file anew")

// begin passes over the header.
func (u *unpacking) begin() error {
	skip, err := afterHeader(u.raw)
	if err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, u.raw, skip); err != nil {
		return errIn(err)
	}
	u.in = io.LimitReader(u.raw, u.m.packed)
	if u.m.method == zipDeflated {
		u.in = flate.NewReader(u.in)
	}
	return nil
}

const headerBytes = 30

// afterHeader reads the fixed part of a member's header, and returns how many
// bytes stand between it and the member's own.
func afterHeader(in io.Reader) (int64, error) {
	var head [headerBytes]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return 0, errIn(err)
	}
	if !bytes.HasPrefix(head[:], []byte("PK\x03\x04")) {
		return 0, errMember
	}
	return int64(binary.LittleEndian.Uint16(head[26:])) + int64(binary.LittleEndian.Uint16(head[28:])), nil
}

// errIn makes the end of an archive an error of it.
func errIn(err error) error {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) && KindOf(err) == Other {
		return errMember
	}
	return err
}

// places reads a member here and there: in the archive if it is stored as it
// is, else in a copy on the local disk.
type places struct {
	z    *archive
	ctx  context.Context
	m    member
	info Info

	mu   sync.Mutex // guards the rest
	from int64      // of the member's bytes in the archive; 0: not known
	copy *Spool     // nil: there is none yet
}

// mostSpooled is the most bytes of a file that are copied to the local disk.
const mostSpooled = 16 << 30

func (p *places) read(at, n int64) ([]byte, error) {
	if p.m.fault != nil {
		return nil, p.m.fault
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	etag := ETagOf(p.info.Mark())
	if p.m.method == zipStored {
		if p.from == 0 {
			head, _, err := GetRange(p.ctx, p.z.of, p.z.key, etag, Range{p.m.header, headerBytes})
			if err != nil {
				return nil, err
			}
			skip, err := afterHeader(bytes.NewReader(head))
			if err != nil {
				return nil, err
			}
			if p.from = p.m.header + headerBytes + skip; p.from+p.m.packed > p.m.end {
				return nil, errMember
			}
		}
		body, _, err := GetRange(p.ctx, p.z.of, p.z.key, etag, Range{p.from + at, n})
		return body, err
	}
	if err := p.spool(); err != nil {
		return nil, err
	}
	body := make([]byte, n)
	_, err := p.copy.ReadAt(body, at)
	if err == io.EOF {
		err = nil
	}
	return body, err
}

// spool copies the member.
func (p *places) spool() error {
	if p.copy != nil {
		return nil
	}
	s, err := NewSpool(p.z.url+"#"+p.m.name, mostSpooled)
	if err != nil {
		return err
	}
	in, end := p.z.unpack(p.ctx, p.m, p.info, OpenOptions{})
	defer end()
	if _, err = io.Copy(s, in); err != nil {
		_ = s.Close()
		return err
	}
	p.copy = s
	return nil
}

func (p *places) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.copy != nil {
		_ = p.copy.Close()
		p.copy = nil
	}
}
