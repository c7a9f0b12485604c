// Command external-dns is external-dns as it is, with all its providers: its own main package does nothing else.
package main

import "sigs.k8s.io/external-dns/controller"

func main() {
	controller.Execute()
}
