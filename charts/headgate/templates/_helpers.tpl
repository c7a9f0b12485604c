{{- define "headgate.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- /* The names of ingress-nginx's chart: with nameOverride "ingress-nginx" a release keeps its objects. */ -}}
{{- define "headgate.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains (default .Chart.Name .Values.nameOverride) .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (default .Chart.Name .Values.nameOverride) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "headgate.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "headgate.controller.fullname" -}}
{{- printf "%s-%s" (include "headgate.fullname" .) .Values.controller.name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "headgate.admission.fullname" -}}
{{- printf "%s-%s" (include "headgate.fullname" .) .Values.controller.admissionWebhooks.name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "headgate.admission.service" -}}
{{- printf "%s-%s" (include "headgate.controller.fullname" .) .Values.controller.admissionWebhooks.name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "headgate.admission.jobName" -}}
{{- printf "%s-%s" (include "headgate.admission.fullname" .root) .job.name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "headgate.defaultBackend.fullname" -}}
{{- printf "%s-%s" (include "headgate.fullname" .) .Values.defaultBackend.name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "headgate.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "headgate.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "headgate.admission.serviceAccountName" -}}
{{- if .Values.controller.admissionWebhooks.patch.serviceAccount.create -}}
{{- default (include "headgate.admission.fullname" .) .Values.controller.admissionWebhooks.patch.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.controller.admissionWebhooks.patch.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "headgate.defaultBackend.serviceAccountName" -}}
{{- if .Values.defaultBackend.serviceAccount.create -}}
{{- default (printf "%s-backend" (include "headgate.fullname" .)) .Values.defaultBackend.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.defaultBackend.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "headgate.selectorLabels" -}}
app.kubernetes.io/name: {{ include "headgate.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "headgate.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "headgate.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: {{ include "headgate.name" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* Labels of one object: { root, component, extra: list of maps }. Later maps win. */ -}}
{{- define "headgate.objectLabels" -}}
{{- $labels := include "headgate.labels" .root | fromYaml -}}
{{- if .component }}{{ $_ := set $labels "app.kubernetes.io/component" .component }}{{ end -}}
{{- range .extra }}{{ $labels = mergeOverwrite $labels (deepCopy (default dict .)) }}{{ end -}}
{{- toYaml $labels -}}
{{- end -}}

{{- /* A map of text, as annotations are: numbers and booleans become what they were written as. */ -}}
{{- define "headgate.textMap" -}}
{{- range $key, $value := . }}
{{ $key | quote }}: {{ include "headgate.text" $value | quote }}
{{- end -}}
{{- end -}}

{{- /* The same with templates in the values: { root, map }. */ -}}
{{- define "headgate.templatedMap" -}}
{{- range $key, $value := .map }}
{{ $key | quote }}: {{ tpl (include "headgate.text" $value) $.root | quote }}
{{- end -}}
{{- end -}}

{{- /* Numbers of values files are floating point: 10485760 would print as 1.048576e+07. */ -}}
{{- define "headgate.text" -}}
{{- if and (kindIs "float64" .) (eq . (floor .)) -}}{{ printf "%.0f" . }}{{- else if kindIs "invalid" . -}}{{- else -}}{{ toString . }}{{- end -}}
{{- end -}}

{{- /* Does a tag, or the name of an image, belong to ingress-nginx? Values files copied from there name its images. */ -}}
{{- define "headgate.isForeignImage" -}}
{{- $name := printf "%s %s" (default "" .image) (default "" .repository) -}}
{{- $foreignName := regexMatch "ingress-nginx/(controller|controller-chroot|kube-webhook-certgen|opentelemetry[^ ]*)( |$)|/kube-webhook-certgen( |$)|/nginx-ingress-controller( |$)" $name -}}
{{- if or $foreignName (regexMatch "^(controller-)?v[0-9]" (toString (default "" .tag))) -}}true{{- end -}}
{{- end -}}

{{- /* Reference of an image of Headgate: { root, image }. What names ingress-nginx's image gives way to the defaults. */ -}}
{{- define "headgate.image" -}}
{{- $image := .image -}}
{{- $foreign := include "headgate.isForeignImage" $image -}}
{{- $registry := default (default "ghcr.io" .root.Values.global.image.registry) $image.registry -}}
{{- if has $registry (list "registry.k8s.io" "k8s.gcr.io") }}{{ $registry = "ghcr.io" }}{{ end -}}
{{- $repository := default (printf "%s/%s" $registry (default "headgate/headgate" $image.image)) $image.repository -}}
{{- if $foreign }}{{ $repository = printf "%s/headgate/headgate" $registry }}{{ end -}}
{{- $tag := toString (default "" $image.tag) -}}
{{- $digest := default "" $image.digest -}}
{{- if $foreign }}{{ $tag = "" }}{{ $digest = "" }}{{ end -}}
{{- printf "%s:%s" $repository (default .root.Chart.AppVersion $tag) -}}
{{- with $digest }}@{{ . }}{{ end -}}
{{- end -}}

{{- define "headgate.defaultBackend.image" -}}
{{- $image := .Values.defaultBackend.image -}}
{{- $registry := default (default "registry.k8s.io" .Values.global.image.registry) $image.registry -}}
{{- default (printf "%s/%s" $registry $image.image) $image.repository -}}
{{- with $image.tag }}:{{ . }}{{ end -}}
{{- with $image.digest }}@{{ . }}{{ end -}}
{{- end -}}

{{- define "headgate.imagePullSecrets" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* The namespace that is served with scope.enabled. */ -}}
{{- define "headgate.scopeNamespace" -}}
{{- default (include "headgate.namespace" .) .Values.controller.scope.namespace -}}
{{- end -}}

{{- define "headgate.electionID" -}}
{{- default (printf "%s-leader" (include "headgate.fullname" .)) .Values.controller.electionID -}}
{{- end -}}

{{- /* Which Service's addresses go into the status; empty for none. */ -}}
{{- define "headgate.publishService" -}}
{{- $service := .Values.controller.service -}}
{{- if .Values.controller.publishService.enabled -}}
{{- if .Values.controller.publishService.pathOverride -}}
{{- .Values.controller.publishService.pathOverride -}}
{{- else if and $service.enabled $service.external.enabled -}}
$(POD_NAMESPACE)/{{ include "headgate.controller.fullname" . }}
{{- else if and $service.enabled $service.internal.enabled $service.internal.annotations -}}
$(POD_NAMESPACE)/{{ include "headgate.controller.fullname" . }}-internal
{{- end -}}
{{- end -}}
{{- end -}}
