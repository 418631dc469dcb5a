package store

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

func (s *s3Store) list(ctx context.Context, req Request) (Answer, error) {
	q := url.Values{"list-type": {"2"}}
	if req.Key != "" {
		q.Set("prefix", req.Key)
	}
	if req.After != "" {
		q.Set("start-after", req.After)
	}
	if req.Max > 0 && req.Max < MaxKeys {
		q.Set("max-keys", strconv.Itoa(req.Max))
	}
	var page listing
	if _, err := s.xml(ctx, call{method: http.MethodGet, query: q}, &page); err != nil {
		return Answer{}, err
	}
	return Answer{List: page.objects, More: page.more, Remote: true}, nil
}

// A listing is one page of a list as S3 writes it.
type listing struct {
	objects []Info
	more    bool
}

// parse decodes the page. Of big buckets thousands of these come in, and
// encoding/xml takes 8 ms for each, so that the form they all have is read
// without it.
func (l *listing) parse(text []byte) error {
	if l.scan(text) {
		return nil
	}
	return l.decode(text)
}

func (l *listing) decode(text []byte) error {
	var out struct {
		XMLName     xml.Name `xml:"ListBucketResult"`
		IsTruncated bool
		Contents    []struct {
			Key, ETag    string
			Size         int64
			LastModified time.Time
		}
	}
	if err := xml.Unmarshal(text, &out); err != nil {
		return err
	}
	l.objects, l.more = make([]Info, len(out.Contents)), out.IsTruncated
	for i, o := range out.Contents {
		l.objects[i] = Info{Key: o.Key, ETag: unquote(o.ETag), Size: o.Size, Modified: o.LastModified}
	}
	return nil
}

var (
	openContents, closeContents = []byte("<Contents>"), []byte("</Contents>")
	openList, closeList         = []byte("<ListBucketResult"), []byte("</ListBucketResult>")
)

// scan decodes the page if it is of the plain form, else it returns false.
func (l *listing) scan(text []byte) bool {
	at := bytes.Index(text, openList)
	text = bytes.TrimRight(text, " \r\n")
	if at < 0 || !bytes.HasSuffix(text, closeList) || bytes.ContainsRune(text, '\r') || bytes.Contains(text, []byte("<!")) {
		return false
	}
	text = text[at:]
	l.objects = make([]Info, 0, bytes.Count(text, closeContents))
	outside := make([]byte, 0, 512) // what is not in Contents
	for {
		before, rest, ok := bytes.Cut(text, openContents)
		outside = append(outside, before...)
		if !ok {
			break
		}
		object, after, ok := bytes.Cut(rest, closeContents)
		info, good := scanObject(object)
		if !ok || !good {
			return false
		}
		l.objects = append(l.objects, info)
		text = after
	}
	more, err := element(outside, "IsTruncated")
	l.more = more == "true"
	return err == nil && (l.more || more == "false")
}

// scanObject decodes what is within Contents.
func scanObject(text []byte) (info Info, ok bool) {
	key, err1 := element(text, "Key")
	etag, err2 := element(text, "ETag")
	size, err3 := element(text, "Size")
	modified, err4 := element(text, "LastModified")
	if err1 != nil || err2 != nil || err3 != nil || err4 != nil {
		return Info{}, false
	}
	info = Info{Key: key, ETag: unquote(etag)}
	info.Size, err1 = strconv.ParseInt(size, 10, 64)
	info.Modified, err2 = time.Parse(time.RFC3339, modified)
	return info, err1 == nil && err2 == nil
}

var errNoElement = errors.New("not there exactly once, or not plain text")

// element returns the text of the element of that name, which must be there
// once.
func element(text []byte, name string) (string, error) {
	_, rest, ok := bytes.Cut(text, []byte("<"+name+">"))
	value, rest, closed := bytes.Cut(rest, []byte("</"+name+">"))
	if !ok || !closed || bytes.IndexByte(value, '<') >= 0 || bytes.Contains(rest, []byte("<"+name)) {
		return "", errNoElement
	}
	if bytes.IndexByte(value, '&') < 0 {
		return string(value), nil
	}
	return unescape(value)
}

// entities are those that servers write in keys and around each ETag.
var entities = map[string]byte{"&quot;": '"', "&#34;": '"', "&amp;": '&', "&lt;": '<', "&gt;": '>', "&apos;": '\'', "&#39;": '\''}

// unescape returns the text without entities. Others than the common ones are
// left to encoding/xml.
func unescape(text []byte) (string, error) {
	plain := make([]byte, 0, len(text))
	for rest := text; len(rest) > 0; {
		if rest[0] != '&' {
			plain, rest = append(plain, rest[0]), rest[1:]
			continue
		}
		end := bytes.IndexByte(rest, ';') + 1
		c, ok := entities[string(rest[:end])]
		if !ok {
			var value string
			err := xml.Unmarshal([]byte("<v>"+string(text)+"</v>"), &value)
			return value, err
		}
		plain, rest = append(plain, c), rest[end:]
	}
	return string(plain), nil
}
