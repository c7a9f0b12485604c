{{- /* What every Service of this chart takes from its values as it is: { service }. Empty fields are left out. */ -}}
{{- define "headgate.serviceFields" -}}
{{- $fields := dict -}}
{{- range $name := list "clusterIP" "clusterIPs" "externalIPs" "loadBalancerIP" "loadBalancerSourceRanges" "loadBalancerClass" "externalTrafficPolicy" "sessionAffinity" "trafficDistribution" "ipFamilyPolicy" "ipFamilies" }}
{{- with get $.service $name }}{{ $_ := set $fields $name . }}{{ end }}
{{- end }}
{{- with $fields }}{{ toYaml . }}{{ end -}}
{{- if .service.healthCheckNodePort }}
healthCheckNodePort: {{ include "headgate.text" .service.healthCheckNodePort }}
{{- end }}
{{- if kindIs "bool" .service.allocateLoadBalancerNodePorts }}
allocateLoadBalancerNodePorts: {{ .service.allocateLoadBalancerNodePorts }}
{{- end }}
{{- end -}}

{{- /* Ports of the two controller Services: { root, service, ports, targetPorts, type }. */ -}}
{{- define "headgate.servicePorts" -}}
{{- $root := .root -}}
{{- $service := .service -}}
{{- $hasNodePorts := or (eq .type "NodePort") (eq .type "LoadBalancer") -}}
{{- range $name, $enabled := dict "http" $root.Values.controller.service.enableHttp "https" $root.Values.controller.service.enableHttps }}
{{- if $enabled }}
- name: {{ $name }}
  port: {{ include "headgate.text" (get $.ports $name) }}
  protocol: TCP
  targetPort: {{ include "headgate.text" (get $.targetPorts $name) }}
  {{- if $service.appProtocol }}
  appProtocol: {{ $name }}
  {{- end }}
  {{- with get $service.nodePorts $name }}
  {{- if $hasNodePorts }}
  nodePort: {{ include "headgate.text" . }}
  {{- end }}
  {{- end }}
{{- end }}
{{- end }}
{{- range $protocol, $services := dict "tcp" $root.Values.tcp "udp" $root.Values.udp }}
{{- range $port, $_ := $services }}
- name: {{ with $root.Values.portNamePrefix }}{{ . }}-{{ end }}{{ $port }}-{{ $protocol }}
  port: {{ $port }}
  protocol: {{ upper $protocol }}
  targetPort: {{ $port }}-{{ $protocol }}
  {{- with get (get $service.nodePorts $protocol) $port }}
  {{- if $hasNodePorts }}
  nodePort: {{ include "headgate.text" . }}
  {{- end }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}
