// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// notes is what a command wrote to standard error, readable while it runs.
type notes struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(p)
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

// url finds the address in the log; empty while there is none.
func (n *notes) url() string {
	for line := range strings.Lines(n.String()) {
		var entry struct{ Msg, URL string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "serving" {
			return entry.URL
		}
	}
	return ""
}

// serving runs `satis serve` in this process until the test ends.
func serving(t *testing.T, client *http.Client, args ...string) (url string, errs *notes) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	errs = &notes{}
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0", "--metrics-listen", "off"}, args...), streams{strings.NewReader(""), &bytes.Buffer{}, errs})
	}()
	t.Cleanup(func() {
		cancel()
		if c := <-code; c != exitDone {
			t.Errorf("exit code %d: %s", c, errs)
		}
	})
	until(t, 20*time.Second, "the server to answer", func() bool {
		if url = errs.url(); url == "" {
			return false
		}
		r, err := client.Get(url + "/readyz")
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
	return url, errs
}

// The settings come from the environment as well, and flags win over it.
func TestServe_environment(t *testing.T) {
	h := newHost(t)
	t.Setenv("SATIS_DATABASE_URL", h.flags[1])
	t.Setenv("SATIS_DATABASE_SECRET_FILE", h.flags[3])
	t.Setenv("SATIS_MASTER_KEY_FILE", h.flags[5])
	t.Setenv("SATIS_LISTEN", "256.256.256.256:1")
	t.Setenv("SATIS_PLUGINS", filepath.Join(filepath.Dir(program), "plugins"))
	url, _ := serving(t, http.DefaultClient)
	r, err := http.Get(url + "/accedi")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusOK || r.Header.Get("Strict-Transport-Security") != "" {
		t.Errorf("%d, %v", r.StatusCode, r.Header)
	}
}

// With a certificate it speaks TLS 1.2 and newer and tells browsers to insist on it.
func TestServe_tls(t *testing.T) {
	h := newHost(t)
	cert, key, roots := certificate(t)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	defer client.CloseIdleConnections()
	url, errs := serving(t, client, append(h.flags, "--tls-cert", cert, "--tls-key", key)...)
	r, err := client.Get(url + "/accedi")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if !strings.HasPrefix(url, "https://") || r.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%s: %v", url, r.Header)
	}
	old := &tls.Config{RootCAs: roots, MaxVersion: tls.VersionTLS11}
	if c, err := tls.Dial("tcp", strings.TrimPrefix(url, "https://"), old); err == nil {
		c.Close()
		t.Error("it speaks TLS 1.1")
	}
	if strings.Contains(errs.String(), "127.0.0.1:") && strings.Contains(errs.String(), "remote") {
		t.Errorf("the log names who called: %s", errs)
	}
}

// certificate makes one for 127.0.0.1 that signs itself.
func certificate(t *testing.T) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(cert, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret}), 0o600); err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	return cert, key, roots
}
