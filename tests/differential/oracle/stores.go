package main

import (
	"bytes"
	"io"
	"net/http"
	"strings"

	"github.com/theupdateframework/notary"
	"github.com/theupdateframework/notary/storage"
)

const host = "trust.example.com"

// server is a trust server in memory, for the HTTP store of the library.
func server(asked question) http.RoundTripper {
	prefix := "/v2/" + asked.Gun + "/_trust/tuf/"
	return transport(func(request *http.Request) (*http.Response, error) {
		name, ours := strings.CutPrefix(request.URL.Path, prefix)
		body, found := fileOf(asked.Files, strings.TrimSuffix(name, ".json"))
		status := http.StatusOK
		if !ours || !found {
			status, body = http.StatusNotFound, nil
		}
		return &http.Response{
			StatusCode:    status,
			ContentLength: int64(len(body)),
			Body:          io.NopCloser(bytes.NewReader(body)),
			Request:       request,
		}, nil
	})
}

// fileOf finds a file. A name with a hash in it is answered with the file of the plain name, whatever
// its hash: that is what a dishonest server would do.
func fileOf(files map[string][]byte, name string) ([]byte, bool) {
	if body, found := files[name]; found {
		return body, true
	}
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		body, found := files[name[:dot]]
		return body, found
	}
	return nil, false
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(request *http.Request) (*http.Response, error) { return t(request) }

// cache keeps files as the library's FilesystemStore does, without the files. (Its MemoryStore is
// made for tests: it cuts off what is too long, and a negative size ends the program.)
type cache map[string][]byte

func (c cache) GetSized(name string, size int64) ([]byte, error) {
	body, found := c[name]
	if !found {
		return nil, storage.ErrMetaNotFound{Resource: name}
	}
	if size == storage.NoSizeLimit {
		size = notary.MaxDownloadSize
	}
	if int64(len(body)) > size {
		return nil, storage.ErrMaliciousServer{}
	}
	return body, nil
}

func (c cache) Set(name string, body []byte) error {
	c[name] = body
	return nil
}

func (c cache) SetMulti(files map[string][]byte) error {
	for name, body := range files {
		c[name] = body
	}
	return nil
}

func (c cache) Remove(name string) error {
	delete(c, name)
	return nil
}

func (c cache) RemoveAll() error {
	clear(c)
	return nil
}

func (c cache) Location() string { return "memory" }
