package store

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/smithy-go/logging"
)

// An account is what the AWS environment and config files say under one
// profile. The buckets opened with the same profile share it, and with it its
// credentials and connections.
type account struct {
	config    aws.Config
	creds     *credentials
	transport *http.Transport
	profile   string
	skew      atomic.Int64 // nanoseconds that the store's clock is ahead
}

// now returns the time to sign a request with: the store's, as soon as it has
// said that ours is too far off.
func (a *account) now() time.Time { return time.Now().Add(time.Duration(a.skew.Load())) }

// newAccount reads the standard environment and config files. An empty profile
// is the one that they name.
func newAccount(ctx context.Context, profile string) (*account, error) {
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithSharedConfigProfile(profile),
		config.WithLogger(logging.Nop{}),
	)
	if err != nil {
		return nil, &Error{
			Op: "read", URL: "AWS config", Kind: BadCredentials, Err: err,
			Hint: "check AWS_PROFILE, AWS_CONFIG_FILE and ~/.aws/config",
		}
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if b, ok := cfg.HTTPClient.(*awshttp.BuildableClient); ok {
		transport = b.GetTransport() // it knows AWS_CA_BUNDLE
	}
	return &account{
		config:    cfg,
		creds:     &credentials{from: cfg.Credentials},
		transport: tune(transport),
		profile:   profile,
	}, nil
}

// maxRefused is how many times in a row fresh credentials may be refused as
// expired before they are taken for bad.
const maxRefused = 4

// credentials are asked for when a request is signed. What the SDK caches is
// thrown away when the store says that it has expired.
type credentials struct {
	from aws.CredentialsProvider

	mu      sync.Mutex
	good    bool      // some have been had
	thrown  time.Time // when the cache was last thrown away
	refused int       // times that it was, without a success since
}

// errCredentials marks an error of the provider of credentials.
type errCredentials struct{ error }

func (e errCredentials) Unwrap() error { return e.error }

// Retrieve returns the credentials to sign with now.
func (c *credentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	v, err := c.from.Retrieve(ctx)
	if err != nil {
		return v, errCredentials{err}
	}
	c.mu.Lock()
	c.good = true
	c.mu.Unlock()
	return v, nil
}

// expire throws the cached credentials away because a request that started
// then was refused, unless that has been done since. It returns false when
// fresh ones have been refused too often.
func (c *credentials) expire(started time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refused >= maxRefused || !c.good {
		return false
	}
	if started.Before(c.thrown) {
		return true
	}
	if cache, ok := c.from.(interface{ Invalidate() }); ok {
		cache.Invalidate()
	}
	c.thrown = time.Now()
	c.refused++
	return true
}

// accepted notes that the store took the credentials.
func (c *credentials) accepted() {
	c.mu.Lock()
	c.refused = 0
	c.mu.Unlock()
}

// scrub takes the credentials in use out of a text from elsewhere.
func (c *credentials) scrub(ctx context.Context, text string) string {
	v, err := c.from.Retrieve(ctx)
	if err != nil {
		return text
	}
	for _, secret := range []string{v.SessionToken, v.SecretAccessKey, v.AccessKeyID} {
		if len(secret) >= 8 {
			text = strings.ReplaceAll(text, secret, "[redacted]")
		}
	}
	return text
}

// whyNone says in plain words why there are no credentials.
func whyNone(err error) error {
	var process *processcreds.ProviderError
	text := err.Error()
	switch {
	case errors.As(err, &process) && strings.Contains(text, "parse failed"):
		return errors.New("credential_process did not print the JSON that it must")
	case errors.As(err, &process):
		return errors.New("credential_process: " + process.Err.Error())
	case strings.Contains(text, "EC2 IMDS"):
		return errors.New("no AWS credentials in the environment, the config files or the instance")
	}
	return errors.New("no AWS credentials: " + text)
}
