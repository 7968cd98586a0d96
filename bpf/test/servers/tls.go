// HTTPS at both ends with Go's own library.
//
//	tls server PORT KEY CERTIFICATE     HTTP/1.1 and HTTP/2, prints "ready"
//	tls client PORT CERTIFICATE REQUESTS h1|h2
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(port, key, certificate string) {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/no") {
			w.WriteHeader(404)
		}
		io.WriteString(w, "hello")
	})
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	check(err)
	fmt.Println("ready")
	check(http.ServeTLS(listener, nil, certificate, key))
}

func path(i int) string {
	if i%10 == 0 {
		return "/no/1"
	}
	return "/item/" + strconv.Itoa(i)
}

func ask(port, certificate string, requests int, version string) {
	pem, err := os.ReadFile(certificate)
	check(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: pool},
		ForceAttemptHTTP2: version == "h2",
		MaxConnsPerHost:   4,
	}
	client := &http.Client{Transport: transport}
	var workers sync.WaitGroup
	for worker := 0; worker < 4; worker++ {
		workers.Add(1)
		go func(first int) {
			defer workers.Done()
			for i := first; i < requests; i += 4 {
				response, err := client.Get("https://127.0.0.1:" + port + path(i))
				check(err)
				io.Copy(io.Discard, response.Body)
				response.Body.Close()
			}
		}(worker)
	}
	workers.Wait()
}

func main() {
	if os.Args[1] == "server" {
		serve(os.Args[2], os.Args[3], os.Args[4])
		return
	}
	requests, err := strconv.Atoi(os.Args[4])
	check(err)
	ask(os.Args[2], os.Args[3], requests, os.Args[5])
}
