package store

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"
)

// fail returns err as an Error about the request, which started then.
func (s *s3Store) fail(ctx context.Context, req Request, started time.Time, err error) error {
	e := &Error{Op: req.Op.String(), URL: "s3://" + s.bucket + "/" + req.Key}
	var own *Error
	var creds errCredentials
	var answer *refusal
	switch cause := ended(ctx); {
	case cause != nil:
		e.Err = cause
		return e
	case errors.As(err, &own):
		e.Kind, e.Err, e.Hint = own.Kind, own.Err, own.Hint
	case errors.As(err, &creds):
		e.Kind, e.Err = Expired, whyNone(creds.error)
	case errors.As(err, &answer):
		e.Code, e.Status, e.Kind = answer.Code, answer.status, s3Kind(answer.Code, answer.status)
		e.Err = errors.New(s.account.creds.scrub(ctx, answer.Error()))
		s.refine(e, req)
		s.adjust(answer)
	default:
		e.Kind, e.Err = netKind(err), netCause(err)
	}
	s.judge(e, started)
	if e.Hint == "" {
		e.Hint = s.hint(e, answer)
	}
	return e
}

// adjust learns from an answer how far the clocks are apart.
func (s *s3Store) adjust(answer *refusal) {
	if answer.Code == "RequestTimeTooSkewed" && !answer.date.IsZero() {
		s.account.skew.Store(int64(time.Until(answer.date)))
	}
}

// s3Codes are the error codes that say more than the status does.
var s3Codes = map[string]Kind{
	"NoSuchKey":    NotExist,
	"NoSuchUpload": NotExist,

	"PreconditionFailed":         Changed,
	"ConditionalRequestConflict": Conflict,
	"OperationAborted":           Conflict,

	"SlowDown":               Throttled,
	"SlowDownRead":           Throttled,
	"SlowDownWrite":          Throttled,
	"ServiceUnavailable":     Throttled,
	"Throttling":             Throttled,
	"ThrottlingException":    Throttled,
	"RequestThrottled":       Throttled,
	"RequestLimitExceeded":   Throttled,
	"TooManyRequests":        Throttled,
	"BandwidthLimitExceeded": Throttled,

	"RequestTimeout":             Timeout,
	"IncompleteBody":             Broken,
	"BadDigest":                  Broken,
	"XAmzContentSHA256Mismatch":  Broken,
	"XAmzContentChecksumInvalid": Broken,
	"InternalError":              Broken,

	"ExpiredToken":          Expired,
	"ExpiredTokenException": Expired,
	"TokenRefreshRequired":  Expired,
	"InvalidToken":          Expired,
	"RequestExpired":        Expired,
	"RequestTimeTooSkewed":  Expired,

	"NoSuchBucket":                       BadStore,
	"InvalidBucketName":                  BadStore,
	"PermanentRedirect":                  BadStore,
	"TemporaryRedirect":                  BadStore,
	"AuthorizationHeaderMalformed":       BadStore,
	"IllegalLocationConstraintException": BadStore,
	"InvalidAccessKeyId":                 BadCredentials,
	"SignatureDoesNotMatch":              BadCredentials,
	"InvalidSecurity":                    BadCredentials,
	"XAdminUserNotFound":                 BadCredentials, // versitygw's for an unknown access key
	"NotImplemented":                     Unsupported,
}

// s3Kind returns what an answer means.
func s3Kind(code string, status int) Kind {
	if k, ok := s3Codes[code]; ok {
		return k
	}
	switch {
	case status >= 300 && status < 400:
		return BadStore
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return Denied
	case status == http.StatusNotFound:
		return NotExist
	case status == http.StatusConflict:
		return Conflict
	case status == http.StatusPreconditionFailed:
		return Changed
	case status == http.StatusRequestTimeout:
		return Timeout
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		return Throttled
	case status == http.StatusNotImplemented:
		return Unsupported
	case status >= 500:
		return Broken
	}
	return Other
}

// refine changes what the answer means where that depends on the request.
func (s *s3Store) refine(e *Error, req Request) {
	conditional := req.If != (Condition{}) && req.Op != OpGet
	switch {
	case req.Op == OpHead && e.Status == http.StatusBadRequest:
		e.Kind = Expired // an answer to HEAD has no body to say so in
		e.Err = errors.New("bad request; often because the credentials have expired")
	case e.Kind == Conflict && req.Op == OpComplete:
		e.Kind = Changed // the parts would have to be sent again
	case e.Code == "NoSuchKey" && req.If.Match != "" && (req.Op == OpPut || req.Op == OpComplete):
		e.Kind = Changed
	case conditional && (e.Kind == Unsupported || e.Kind == Other && e.Status == http.StatusBadRequest):
		e.Kind = Unsupported
		e.Hint = "the server does not take conditional writes (If-Match, If-None-Match), which keep two runs from overwriting each other; use one that does"
	}
}

// judge settles what depends on what happened before: whether credentials are
// expired or bad, an endpoint down or unreachable.
func (s *s3Store) judge(e *Error, started time.Time) {
	switch e.Kind {
	case Expired:
		if !s.account.creds.expire(started) {
			e.Kind = BadCredentials
		}
	case Down:
		if s.health.down() {
			e.Kind = Unreachable
		}
	default:
		if e.Status != 0 {
			s.health.ok()
		}
	}
}

// health knows how long nothing has answered at an endpoint.
type health struct {
	mu       sync.Mutex
	answered bool      // ever
	since    time.Time // the first failure since the last answer
	failures int
}

const (
	firstPatience = time.Second      // with an endpoint that never answered
	patience      = 30 * time.Second // with one that did
)

func (h *health) ok() {
	h.mu.Lock()
	h.answered, h.failures = true, 0
	h.mu.Unlock()
}

// down notes that nothing answered, and says whether that has been so for too
// long.
func (h *health) down() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.failures++; h.failures == 1 {
		h.since = time.Now()
	}
	limit := firstPatience
	if h.answered {
		limit = patience
	}
	return h.failures >= 3 && time.Since(h.since) >= limit
}

// netKind returns what an error means that is no answer of a server.
func netKind(err error) Kind {
	var dns *net.DNSError
	var op *net.OpError
	var timeout net.Error
	switch {
	case errors.Is(err, http.ErrSchemeMismatch), isTLS(err):
		return BadStore
	case errors.As(err, &dns), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH),
		errors.As(err, &op) && op.Op == "dial":
		return Down
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return Timeout
	}
	return Broken
}

// isTLS says whether the two sides could not agree on a secure connection.
func isTLS(err error) bool {
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verify *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	return errors.As(err, &unknown) || errors.As(err, &host) || errors.As(err, &invalid) || errors.As(err, &verify) || errors.As(err, &record)
}

// netCause returns err in plain words.
func netCause(err error) error {
	var op *net.OpError
	switch {
	case errors.Is(err, http.ErrSchemeMismatch):
		return errors.New("the server speaks http, not https")
	case errors.As(err, &op) && op.Op == "dial", isTLS(err):
		return err
	}
	return fmt.Errorf("connection lost: %w", err)
}

// hint says what to check about e, which is of that answer if there was one.
func (s *s3Store) hint(e *Error, answer *refusal) string {
	where := "AWS"
	if s.endpoint != "" {
		where = s.endpoint
	}
	profile := s.account.profile
	if profile == "" {
		profile = os.Getenv("AWS_PROFILE")
	}
	switch {
	case e.Code == "RequestTimeTooSkewed":
		return "check the clock of this machine"
	case e.Code == "NoSuchBucket":
		return fmt.Sprintf("there is no bucket %q at %s: check its name and the endpoint (AWS_ENDPOINT_URL_S3, or `endpoint` under `stores` in the job)", s.bucket, where)
	case e.Kind == BadStore && answer != nil:
		return s.regionHint(answer)
	case e.Kind == BadStore, e.Kind == Unreachable, e.Kind == Down:
		return fmt.Sprintf("check the endpoint, which is %s (AWS_ENDPOINT_URL_S3, or `endpoint` under `stores` in the job), and the network", where)
	case e.Kind == BadCredentials && e.Status == 0 && profile == "":
		return "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or `profile` under `stores` in the job; for SSO: aws sso login"
	case e.Kind == BadCredentials && e.Status == 0:
		return fmt.Sprintf("check profile %q in ~/.aws/config and ~/.aws/credentials; for SSO: aws sso login --profile %s", profile, profile)
	case e.Kind == BadCredentials, e.Kind == Expired:
		return fmt.Sprintf("%s does not take these credentials: check AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN", where)
	case e.Kind == Denied:
		return "these credentials may not do this: check the policies of the user or role and of the bucket, and that the profile (AWS_PROFILE) is the one you mean"
	}
	return ""
}

// regionHint names the region that the bucket is in, if the answer does.
func (s *s3Store) regionHint(answer *refusal) string {
	if answer.region != "" && answer.region != s.region {
		return fmt.Sprintf("the bucket is in region %s, not %s: set AWS_REGION, or `region` under `stores` in the job", answer.region, s.region)
	}
	return fmt.Sprintf("check the region, which is %s (AWS_REGION, or `region` under `stores` in the job), and the endpoint (AWS_ENDPOINT_URL_S3)", s.region)
}

// unlessGone returns err unless it says that what was to be removed is not there.
func unlessGone(err error) error {
	var answer *refusal
	if errors.As(err, &answer) && s3Kind(answer.Code, answer.status) == NotExist {
		return nil
	}
	return err
}
