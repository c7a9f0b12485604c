// Command acmesolver answers one HTTP-01 challenge, as the program of cert-manager's image of that name does.
package main

import (
	"flag"
	"log"

	"github.com/cert-manager/cert-manager/pkg/issuer/acme/http/solver"
	"github.com/go-logr/logr"
)

func main() {
	var answers solver.HTTP01Solver
	flag.IntVar(&answers.ListenPort, "listen-port", 8089, "port to listen on")
	flag.StringVar(&answers.Domain, "domain", "", "the domain that is proved")
	flag.StringVar(&answers.Token, "token", "", "the challenge's token")
	flag.StringVar(&answers.Key, "key", "", "the challenge's key authorization")
	flag.Parse()
	log.Fatal(answers.Listen(logr.Discard()))
}
