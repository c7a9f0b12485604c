{{- /* Names of ingress-nginx's helpers, which templates in existing values files use, such as those of affinity. */ -}}
{{- define "ingress-nginx.name" -}}{{ include "headgate.name" . }}{{- end -}}
{{- define "ingress-nginx.fullname" -}}{{ include "headgate.fullname" . }}{{- end -}}
{{- define "ingress-nginx.namespace" -}}{{ include "headgate.namespace" . }}{{- end -}}
{{- define "ingress-nginx.labels" -}}{{ include "headgate.labels" . }}{{- end -}}
{{- define "ingress-nginx.selectorLabels" -}}{{ include "headgate.selectorLabels" . }}{{- end -}}
{{- define "ingress-nginx.serviceAccountName" -}}{{ include "headgate.serviceAccountName" . }}{{- end -}}
{{- define "ingress-nginx.controller.fullname" -}}{{ include "headgate.controller.fullname" . }}{{- end -}}
{{- define "ingress-nginx.defaultBackend.fullname" -}}{{ include "headgate.defaultBackend.fullname" . }}{{- end -}}
