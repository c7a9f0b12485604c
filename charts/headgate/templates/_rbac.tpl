{{- /* Reading what makes routes. Of Secrets and ConfigMaps the metadata is watched; those that something refers to are read by name. */ -}}
{{- define "headgate.rules.routes" -}}
- apiGroups: [networking.k8s.io]
  resources: [ingresses]
  verbs: [list, watch]
- apiGroups: [""]
  resources: [services]
  verbs: [list, watch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [list, watch]
- apiGroups: [""]
  resources: [secrets]
  {{- with .Values.rbac.secretNames }}
  resourceNames:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  verbs: {{ if and .Values.rbac.listSecrets (not .Values.rbac.secretNames) }}[get, list, watch]{{ else }}[get]{{ end }}
- apiGroups: [""]
  resources: [configmaps]
  verbs: {{ if include "headgate.readsConfigMap" . }}[get, list, watch]{{ else }}[list, watch]{{ end }}
- apiGroups: [networking.k8s.io]
  resources: [ingresses/status]
  verbs: [patch]
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

{{- /* True when the ConfigMap with the settings is in what is served: outside of it a rule names it. */ -}}
{{- define "headgate.readsConfigMap" -}}
{{- $c := .Values.controller -}}
{{- if or (not $c.scope.enabled) (eq (include "headgate.scopeNamespace" .) (default (include "headgate.namespace" .) $c.configMapNamespace)) -}}true{{- end -}}
{{- end -}}

{{- /* Reading what has no namespace. */ -}}
{{- define "headgate.rules.cluster" -}}
- apiGroups: [networking.k8s.io]
  resources: [ingressclasses]
  verbs: [list, watch]
{{- if and .Values.controller.scope.namespaceSelector (not .Values.controller.scope.enabled) }}
- apiGroups: [""]
  resources: [namespaces]
  verbs: [list, watch]
{{- end }}
{{- if include "headgate.publishesNodes" . }}
- apiGroups: [""]
  resources: [nodes]
  verbs: [get]
{{- end }}
{{- end -}}

{{- /* True when the status gets the addresses of nodes: nothing else is published. */ -}}
{{- define "headgate.publishesNodes" -}}
{{- if not (or (include "headgate.publishService" .) (get .Values.controller.extraArgs "publish-status-address")) -}}true{{- end -}}
{{- end -}}

{{- /* In the controller's own namespace: its Lease, its pods, events about itself. */ -}}
{{- define "headgate.rules.own" -}}
{{- if not .Values.controller.disableLeaderElection }}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [{{ include "headgate.electionID" . | quote }}]
  verbs: [get, update]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
{{- end }}
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list]
{{- if .Values.controller.scope.enabled }}
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch]
{{- end }}
{{- end -}}

{{- /* Single objects outside of the served namespace that flags name: a JSON list of { namespace, kind, name }. */ -}}
{{- define "headgate.namedObjects" -}}
{{- $c := .Values.controller -}}
{{- $own := include "headgate.namespace" . -}}
{{- $found := list (dict "namespace" (default $own $c.configMapNamespace) "kind" "configmaps" "name" (include "headgate.controller.fullname" .)) -}}
{{- /* What the program does not read yet needs no right. */ -}}
{{- $program := include "headgate.programSettings" . | fromJson -}}
{{- range $protocol, $services := dict "tcp" .Values.tcp "udp" .Values.udp -}}
{{- if and $services (not (get $program.flags (printf "%s-services-configmap" $protocol))) -}}
{{- $namespace := default $own (get $c $protocol).configMapNamespace -}}
{{- $found = append $found (dict "namespace" $namespace "kind" "configmaps" "name" (printf "%s-%s" (include "headgate.fullname" $) $protocol)) -}}
{{- end -}}
{{- end -}}
{{- range $key, $pair := dict "add-headers" (list $c.addHeaders "custom-add-headers") "proxy-set-headers" (list $c.proxySetHeaders "custom-proxy-headers") -}}
{{- if and (first $pair) (not (get $program.config $key)) -}}
{{- $found = append $found (dict "namespace" $own "kind" "configmaps" "name" (printf "%s-%s" (include "headgate.fullname" $) (last $pair))) -}}
{{- end -}}
{{- end -}}
{{- $flags := dict "publish-service" (list "services" (include "headgate.publishService" .)) -}}
{{- if .Values.defaultBackend.enabled }}{{ $_ := set $flags "default-backend-service" (list "services" (printf "%s/%s" $own (include "headgate.defaultBackend.fullname" .))) }}{{ end -}}
{{- range $flag, $kind := dict "default-ssl-certificate" "secrets" "default-backend-service" "services" "publish-service" "services" -}}
{{- with get $c.extraArgs $flag }}{{ $_ := set $flags $flag (list $kind (tpl (toString .) $)) }}{{ end -}}
{{- end -}}
{{- range $flag, $pair := $flags -}}
{{- $parts := splitList "/" (last $pair | replace "$(POD_NAMESPACE)" $own) -}}
{{- if eq (len $parts) 2 -}}
{{- $found = append $found (dict "namespace" (first $parts) "kind" (first $pair) "name" (last $parts) "backend" (eq $flag "default-backend-service")) -}}
{{- end -}}
{{- end -}}
{{- $outside := list -}}
{{- range $found -}}
{{- if ne .namespace (include "headgate.scopeNamespace" $) }}{{ $outside = append $outside . }}{{ end -}}
{{- end -}}
{{- toJson $outside -}}
{{- end -}}
