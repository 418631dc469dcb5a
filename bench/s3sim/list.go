package main

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

type bucketEntry struct{ Name, CreationDate string }

func listBuckets(w http.ResponseWriter) {
	var page struct {
		XMLName xml.Name      `xml:"ListAllMyBucketsResult"`
		Bucket  []bucketEntry `xml:"Buckets>Bucket"`
	}
	mu.RLock()
	for b := range store {
		page.Bucket = append(page.Bucket, bucketEntry{b, start.UTC().Format(time.RFC3339)})
	}
	mu.RUnlock()
	answer(w, page)
}

type listEntry struct {
	Key, LastModified, ETag string
	Size                    int
	StorageClass            string
}

type listPrefix struct{ Prefix string }

type listPage struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	Xmlns                 string   `xml:"xmlns,attr"`
	Name, Prefix          string
	KeyCount, MaxKeys     int
	IsTruncated           bool
	NextContinuationToken string `xml:",omitempty"`
	Contents              []listEntry
	CommonPrefixes        []listPrefix
}

// list answers one page. It sorts the keys of the bucket for each of them: what
// a listing costs here says nothing about a real store.
func list(w http.ResponseWriter, bucket string, q url.Values) {
	prefix, delim := q.Get("prefix"), q.Get("delimiter")
	after := q.Get("start-after")
	for _, name := range []string{"continuation-token", "marker"} {
		if v := q.Get(name); v != "" {
			after = v
		}
	}
	page := listPage{Xmlns: "http://s3.amazonaws.com/doc/2006-03-01/", Name: bucket, Prefix: prefix, MaxKeys: 1000}
	if v, err := strconv.Atoi(q.Get("max-keys")); err == nil && v < page.MaxKeys {
		page.MaxKeys = v
	}
	escape := q.Get("encoding-type") == "url"
	mu.RLock()
	seen := ""
	for _, k := range keysAfter(bucket, prefix, after) {
		if p, ok := common(k, prefix, delim); ok {
			if p != seen && p > after {
				seen = p
				page.CommonPrefixes = append(page.CommonPrefixes, listPrefix{p})
				page.KeyCount++
			}
			continue
		}
		if page.KeyCount >= page.MaxKeys {
			page.IsTruncated = true
			page.NextContinuationToken = page.Contents[len(page.Contents)-1].Key
			break
		}
		page.Contents = append(page.Contents, entry(k, store[bucket][k], escape))
		page.KeyCount++
	}
	mu.RUnlock()
	answer(w, page)
}

func keysAfter(bucket, prefix, after string) []string {
	var keys []string
	for k := range store[bucket] {
		if strings.HasPrefix(k, prefix) && k > after {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

// common is the part of key up to the first delimiter behind prefix.
func common(key, prefix, delim string) (string, bool) {
	if delim == "" {
		return "", false
	}
	head, _, ok := strings.Cut(key[len(prefix):], delim)
	return prefix + head + delim, ok
}

func entry(key string, o *object, escape bool) listEntry {
	if escape {
		key = strings.ReplaceAll(url.QueryEscape(key), "%2F", "/")
	}
	return listEntry{key, o.mod.UTC().Format("2006-01-02T15:04:05.000Z"), o.etag, o.size, "STANDARD"}
}
