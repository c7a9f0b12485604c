{{- /* Arguments of the controller, one a line. Each flag exists in the program's table; a test compares them. */ -}}
{{- define "headgate.args" -}}
{{- $c := .Values.controller -}}
- controller
{{- if .Values.defaultBackend.enabled }}
- --default-backend-service=$(POD_NAMESPACE)/{{ include "headgate.defaultBackend.fullname" . }}
{{- end }}
{{- with include "headgate.publishService" . }}
- --publish-service={{ . }}
{{- end }}
- --election-id={{ include "headgate.electionID" . }}
- --controller-class={{ $c.ingressClassResource.controllerValue }}
{{- with $c.ingressClass }}
- --ingress-class={{ . }}
{{- end }}
- --configmap={{ default "$(POD_NAMESPACE)" $c.configMapNamespace }}/{{ include "headgate.controller.fullname" . }}
{{- if .Values.tcp }}
- --tcp-services-configmap={{ default "$(POD_NAMESPACE)" $c.tcp.configMapNamespace }}/{{ include "headgate.fullname" . }}-tcp
{{- end }}
{{- if .Values.udp }}
- --udp-services-configmap={{ default "$(POD_NAMESPACE)" $c.udp.configMapNamespace }}/{{ include "headgate.fullname" . }}-udp
{{- end }}
{{- if $c.scope.enabled }}
- --watch-namespace={{ default "$(POD_NAMESPACE)" $c.scope.namespace }}
{{- else if $c.scope.namespaceSelector }}
- --watch-namespace-selector={{ $c.scope.namespaceSelector }}
{{- end }}
{{- if and $c.reportNodeInternalIp $c.hostNetwork }}
- --report-node-internal-ip-address=true
{{- end }}
{{- if $c.admissionWebhooks.enabled }}
- --validating-webhook=:{{ $c.admissionWebhooks.port }}
- --validating-webhook-certificate={{ $c.admissionWebhooks.certificate }}
- --validating-webhook-key={{ $c.admissionWebhooks.key }}
{{- end }}
{{- with $c.maxmindLicenseKey }}
- --maxmind-license-key={{ . }}
{{- end }}
{{- with $c.healthCheckHost }}
- --healthz-host={{ . }}
{{- end }}
{{- if ne $c.healthCheckPath "/healthz" }}
- --health-check-path={{ $c.healthCheckPath }}
{{- end }}
{{- if $c.ingressClassByName }}
- --ingress-class-by-name=true
{{- end }}
{{- if $c.watchIngressWithoutClass }}
- --watch-ingress-without-class=true
{{- end }}
- --enable-metrics={{ $c.metrics.enabled }}
{{- if $c.enableTopologyAwareRouting }}
- --enable-topology-aware-routing=true
{{- end }}
{{- if $c.disableLeaderElection }}
- --disable-leader-election=true
{{- end }}
{{- with $c.electionTTL }}
- --election-ttl={{ . }}
{{- end }}
{{- include "headgate.portArgs" . }}
{{- range $name, $value := $c.extraArgs }}
{{- $text := tpl (include "headgate.text" $value) $ }}
- {{ printf "--%s%s" $name (eq $text "" | ternary "" (printf "=%s" $text)) | quote }}
{{- end }}
{{- end -}}

{{- /* What other values say, unless extraArgs says it. */ -}}
{{- define "headgate.portArgs" -}}
{{- $c := .Values.controller -}}
{{- $own := dict "http-port" (list $c.containerPort.http 80) "https-port" (list $c.containerPort.https 443) "shutdown-grace-period" (list $c.shutdownGracePeriod 0) -}}
{{- range $name, $pair := $own }}
{{- $value := include "headgate.text" (first $pair) }}
{{- if and (ne $value "") (ne $value (last $pair | toString)) (not (hasKey $c.extraArgs $name)) }}
- --{{ $name }}={{ $value }}
{{- end }}
{{- end }}
{{- end -}}
