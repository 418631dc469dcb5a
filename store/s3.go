package store

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyauth "github.com/aws/smithy-go/auth"
	smithyhttp "github.com/aws/smithy-go/transport/http"
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
// Configuration, credentials, endpoints and signatures are the AWS SDK's. The
// requests themselves are made here, of net/http: the SDK's own client takes
// three times the CPU for a small object.
//
// Credentials are asked for when each request is signed. When the store says
// that they have expired they are fetched anew, and the error is Retryable.
func S3(ctx context.Context, o S3Options) (Store, error) {
	a, err := newAccount(ctx, o.Profile)
	if err != nil {
		return nil, err
	}
	return newS3(ctx, a, o)
}

type s3Store struct {
	bucket   string
	base     *url.URL // of the bucket, without a slash at its end
	endpoint string   // host and port, "" for AWS
	region   string   // as configured
	scope    string   // the region that requests are signed for
	signer   *v4.Signer
	account  *account
	health   health
}

func newS3(ctx context.Context, a *account, o S3Options) (*s3Store, error) {
	s := &s3Store{bucket: o.Bucket, account: a}
	s.signer = v4.NewSigner(func(so *v4.SignerOptions) { so.DisableURIPathEscaping = true })
	c := s3.NewFromConfig(a.config, o.set).Options()
	s.region, s.endpoint = c.Region, foreign(aws.ToString(c.BaseEndpoint))
	if err := checkEndpoint(aws.ToString(c.BaseEndpoint)); err != nil {
		return nil, err
	}
	if s.region == "" {
		return nil, &Error{
			Op: "open", URL: "s3://" + o.Bucket, Kind: BadStore, Err: errors.New("no AWS region is configured"),
			Hint: "set AWS_REGION, or `region` under `stores` in the job",
		}
	}
	if err := s.resolve(ctx, c); err != nil {
		return nil, &Error{
			Op: "open", URL: "s3://" + o.Bucket, Kind: BadStore, Err: err,
			Hint: "check the name of the bucket, the region and the endpoint (AWS_ENDPOINT_URL_S3, or `stores` in the job)",
		}
	}
	return s, nil
}

// set puts the options over what the environment and config files say.
func (o S3Options) set(c *s3.Options) {
	if o.Region != "" {
		c.Region = o.Region
	}
	if o.Endpoint != "" {
		c.BaseEndpoint = aws.String(o.Endpoint)
	}
	other := foreign(aws.ToString(c.BaseEndpoint)) != ""
	if other && c.Region == "" {
		c.Region = "us-east-1"
	}
	c.UsePathStyle = other
	if o.PathStyle != nil {
		c.UsePathStyle = *o.PathStyle
	}
}

// resolve works out the URL of the bucket and how its requests are signed.
func (s *s3Store) resolve(ctx context.Context, o s3.Options) error {
	e, err := o.EndpointResolverV2.ResolveEndpoint(ctx, s3.EndpointParameters{
		Bucket:                         &s.bucket,
		Region:                         &o.Region,
		Endpoint:                       o.BaseEndpoint,
		ForcePathStyle:                 &o.UsePathStyle,
		Accelerate:                     &o.UseAccelerate,
		UseArnRegion:                   &o.UseARNRegion,
		DisableMultiRegionAccessPoints: &o.DisableMultiRegionAccessPoints,
		DisableS3ExpressSessionAuth:    aws.Bool(true),
		UseFIPS:                        aws.Bool(o.EndpointOptions.UseFIPSEndpoint == aws.FIPSEndpointStateEnabled),
		UseDualStack:                   aws.Bool(o.EndpointOptions.UseDualStackEndpoint == aws.DualStackEndpointStateEnabled),
	}.WithDefaults())
	if err != nil {
		return err
	}
	s.scope = s.region
	if auth, ok := smithyauth.GetAuthOptions(&e.Properties); ok && len(auth) > 0 {
		if name, ok := smithyhttp.GetSigV4SigningName(&auth[0].SignerProperties); ok && name != "s3" {
			return errors.New("this kind of bucket is not supported: it wants signatures for " + name)
		}
		if region, ok := smithyhttp.GetSigV4SigningRegion(&auth[0].SignerProperties); ok && region != "" {
			s.scope = region
		}
	}
	e.URI.Path = strings.TrimSuffix(e.URI.Path, "/")
	e.URI.RawPath = ""
	e.URI.User = nil
	s.base = &e.URI
	return nil
}

// checkEndpoint returns an error if the endpoint, if there is one, is no URL of
// a server. A password in it does not come into the text.
func checkEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	if endpoint == "" || err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		return nil
	}
	_, shown, at := strings.Cut(endpoint, "@")
	if !at {
		shown = endpoint
	}
	return &Error{
		Op: "open", URL: bare(shown), Kind: BadStore, Err: errors.New("not the URL of an endpoint"),
		Hint: "write http://host:port or https://host in AWS_ENDPOINT_URL_S3, or in `endpoint` under `stores` in the job",
	}
}

// foreign returns the host of an endpoint that is not AWS's, else "".
func foreign(endpoint string) string {
	if endpoint == "" {
		return ""
	}
	host := hostOf(endpoint)
	name, _, _ := strings.Cut(host, ":")
	if strings.HasSuffix(strings.TrimSuffix(name, ".cn"), ".amazonaws.com") {
		return ""
	}
	return host
}

func (s *s3Store) Do(ctx context.Context, req Request) (Answer, error) {
	started := time.Now()
	a, err := s.do(ctx, req)
	if err != nil {
		return Answer{}, s.fail(ctx, req, started, err)
	}
	s.health.ok()
	s.account.creds.accepted()
	a.Info.Key = req.Key
	return a, nil
}

func (s *s3Store) do(ctx context.Context, req Request) (Answer, error) {
	if req.Key == "" && req.Op != OpList {
		return Answer{}, &Error{Kind: Other, Err: errors.New("names a bucket, not an object")}
	}
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
