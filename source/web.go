package source

import (
	"net/url"
	"strings"

	"github.com/seed-128c3863/sluice/spec"
)

// isWeb tells whether a source is on a web host, which lists nothing.
func isWeb(url string) bool { return strings.HasPrefix(strings.ToLower(url), "https://") }

// webPath is the path of a web host's key, as people write it: without the
// query, which may hold a signature.
func webPath(key string) string {
	key, _, _ = strings.Cut(key, "?")
	if plain, err := url.PathUnescape(key); err == nil {
		return plain
	}
	return key
}

// shown is the URL of a source as it is printed and kept: of a web host without
// its secrets.
func shown(url string) string {
	if isWeb(url) {
		return spec.Redact(url)
	}
	return url
}
