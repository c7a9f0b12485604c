// Command external-dns-plan prints, as JSON lines, the records that external-dns would create from the statuses of Ingresses: its own
// source and its own plan, and no provider. Its own program links the clients of some thirty DNS services.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/external-dns/endpoint"
	"sigs.k8s.io/external-dns/plan"
	"sigs.k8s.io/external-dns/source"
)

const limit = 30 * time.Second

type record struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"`
	Targets []string `json:"targets"`
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	records, err := planned(ctx, os.Getenv("KUBECONFIG"))
	if err != nil {
		log.Fatal(err)
	}
	out := json.NewEncoder(os.Stdout)
	for _, one := range records {
		if err := out.Encode(record{one.DNSName, one.RecordType, one.Targets}); err != nil {
			log.Fatal(err)
		}
	}
}

func planned(ctx context.Context, kubeconfig string) ([]*endpoint.Endpoint, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	ingresses, err := source.NewIngressSource(ctx, client, &source.Config{LabelFilter: labels.Everything()})
	if err != nil {
		return nil, err
	}
	desired, err := ingresses.Endpoints(ctx)
	if err != nil {
		return nil, err
	}
	calculated := (&plan.Plan{
		Policies:       []plan.Policy{&plan.SyncPolicy{}},
		Desired:        desired,
		DomainFilter:   endpoint.MatchAllDomainFilters{},
		ManagedRecords: []string{endpoint.RecordTypeA, endpoint.RecordTypeAAAA, endpoint.RecordTypeCNAME},
	}).Calculate()
	return calculated.Changes.Create, nil
}
