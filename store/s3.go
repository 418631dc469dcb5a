package store

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// S3Options says which bucket, and what the standard AWS environment and
// config files do not say, or say otherwise.
type S3Options struct {
	Bucket   string
	Endpoint string // default: AWS_ENDPOINT_URL_S3, the config files, AWS
	Region   string // default: AWS_REGION, the config files; us-east-1 for an endpoint that is not AWS's
	Profile  string // default: AWS_PROFILE

	// PathStyle puts the bucket in the path of a URL and not in its host.
	// Default: for an endpoint that is not AWS's.
	PathStyle *bool
}

// S3 returns the store of one bucket. It does not speak to the bucket yet.
//
// Credentials are asked for when each request is signed. When the store says
// that they have expired they are fetched anew, and the error is Retryable.
func S3(ctx context.Context, o S3Options) (Store, error) {
	a, err := newAccount(ctx, o.Profile)
	if err != nil {
		return nil, err
	}
	return newS3(a, o)
}

type s3Store struct {
	client   *s3.Client
	bucket   string
	endpoint string // host and port, "" for AWS
	region   string
	account  *account
	health   health
}

func newS3(a *account, o S3Options) (*s3Store, error) {
	s := &s3Store{bucket: o.Bucket, account: a}
	s.client = s3.NewFromConfig(a.config, func(opt *s3.Options) {
		opt.HTTPClient = a.client
		opt.Credentials = a.creds
		if o.Region != "" {
			opt.Region = o.Region
		}
		if o.Endpoint != "" {
			opt.BaseEndpoint = aws.String(o.Endpoint)
		}
		s.endpoint = foreign(aws.ToString(opt.BaseEndpoint))
		if s.endpoint != "" && opt.Region == "" {
			opt.Region = "us-east-1"
		}
		opt.UsePathStyle = s.endpoint != ""
		if o.PathStyle != nil {
			opt.UsePathStyle = *o.PathStyle
		}
		s.region = opt.Region
	})
	if s.region == "" {
		return nil, &Error{Op: "open", URL: "s3://" + o.Bucket, Kind: BadStore, Err: errors.New("no AWS region is configured"),
			Hint: "set AWS_REGION, or `region` under `stores` in the job"}
	}
	return s, nil
}

// foreign returns the host of an endpoint that is not AWS's, else "".
func foreign(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" {
		return endpoint
	}
	host := strings.TrimSuffix(u.Hostname(), ".cn")
	if strings.HasSuffix(host, ".amazonaws.com") {
		return ""
	}
	return u.Host
}

func (s *s3Store) Do(ctx context.Context, req Request) (Answer, error) {
	started := time.Now()
	a, err := s.do(ctx, req)
	if err != nil {
		return Answer{}, s.fail(ctx, req, started, err)
	}
	s.health.ok()
	s.account.creds.accepted()
	if a.Info.Key == "" {
		a.Info.Key = req.Key
	}
	return a, nil
}

func (s *s3Store) do(ctx context.Context, req Request) (Answer, error) {
	switch req.Op {
	case OpList:
		return s.list(ctx, req)
	case OpHead:
		return s.head(ctx, req)
	case OpGet:
		return s.get(ctx, req)
	case OpPut:
		return s.put(ctx, req)
	case OpCopy:
		return s.copy(ctx, req)
	case OpDelete:
		return s.delete(ctx, req)
	case OpBegin:
		return s.begin(ctx, req)
	case OpPart:
		return s.part(ctx, req)
	case OpComplete:
		return s.complete(ctx, req)
	case OpAbort:
		return s.abort(ctx, req)
	}
	return Answer{}, &Error{Kind: Unsupported, Err: errors.New("unknown operation")}
}
