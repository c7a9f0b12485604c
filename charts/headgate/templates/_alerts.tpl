{{- /* The default alerts. Each has a page in docs/runbooks; double braces in quotes are for Prometheus. */ -}}
{{- define "headgate.alerts" -}}
{{- $ours := printf "controller_namespace=%q" (include "headgate.namespace" .) -}}
{{- $url := trimSuffix "/" .Values.controller.metrics.prometheusRule.runbookUrl -}}
- alert: HeadgateAbsent
  expr: |-
    absent(nginx_ingress_controller_build_info{ {{ $ours }} })
  for: 10m
  labels:
    severity: critical
  annotations:
    summary: "Headgate: no replica of Headgate is scraped"
    description: "Prometheus has seen no Headgate in namespace {{ include "headgate.namespace" . }} for 10 minutes: it is down, or not scraped."
    runbook_url: {{ printf "%s/HeadgateAbsent.md" $url | quote }}
- alert: HeadgateConfigurationRejected
  expr: |-
    nginx_ingress_controller_config_last_reload_successful{ {{ $ours }} } == 0
  for: 5m
  labels:
    severity: critical
  annotations:
    summary: "Headgate: a configuration could not be applied"
    description: "{{ `{{ $labels.controller_pod }}` }} goes on serving the configuration before it; changes since then are not live."
    runbook_url: {{ printf "%s/HeadgateConfigurationRejected.md" $url | quote }}
- alert: HeadgateApiServerSilent
  expr: |-
    max by (controller_pod) (headgate_api_server_silence_seconds{ {{ $ours }} }) > 300
  for: 2m
  labels:
    severity: warning
  annotations:
    summary: "Headgate: the API server has not been heard for five minutes"
    description: "{{ `{{ $labels.controller_pod }}` }} serves what it last heard; new endpoints and changed Ingresses are not live."
    runbook_url: {{ printf "%s/HeadgateApiServerSilent.md" $url | quote }}
- alert: HeadgateIngressClassMissing
  expr: |-
    max by (class) (headgate_ingresses_without_class{ {{ $ours }} }) > 0
  for: 5m
  labels:
    severity: warning
  annotations:
    summary: "Headgate: an IngressClass that Ingresses name is missing"
    description: "IngressClass {{ `{{ $labels.class }}` }} does not exist or may not be read; {{ `{{ $value }}` }} Ingresses name it and are not served."
    runbook_url: {{ printf "%s/HeadgateIngressClassMissing.md" $url | quote }}
- alert: HeadgateNoLeader
  expr: |-
    max by (name) (nginx_ingress_controller_leader_election_status{ {{ $ours }} }) == 0
  for: 5m
  labels:
    severity: warning
  annotations:
    summary: "Headgate: no replica leads"
    description: "no status of an Ingress is written: load balancer addresses and external DNS go stale."
    runbook_url: {{ printf "%s/HeadgateNoLeader.md" $url | quote }}
- alert: HeadgateCertificateExpires
  expr: |-
    min by (namespace, secret_name, host) (nginx_ingress_controller_ssl_expire_time_seconds{ {{ $ours }} }) - time() < 7 * 86400
  for: 1h
  labels:
    severity: warning
  annotations:
    summary: "Headgate: a certificate ends within a week"
    description: "the certificate of {{ `{{ $labels.host }}` }} (Secret {{ `{{ $labels.namespace }}` }}/{{ `{{ $labels.secret_name }}` }}) ends in {{ `{{ $value | humanizeDuration }}` }}."
    runbook_url: {{ printf "%s/HeadgateCertificateExpires.md" $url | quote }}
- alert: HeadgateErrorsHigh
  expr: |-
    sum by (namespace, ingress) (rate(nginx_ingress_controller_requests{ {{ $ours }},status=~"5.."}[5m])) / sum by (namespace, ingress) (rate(nginx_ingress_controller_requests{ {{ $ours }} }[5m])) > 0.05 and sum by (namespace, ingress) (rate(nginx_ingress_controller_requests{ {{ $ours }} }[5m])) > 1
  for: 10m
  labels:
    severity: warning
  annotations:
    summary: "Headgate: more than 5 % of an Ingress' requests fail"
    description: "{{ `{{ $value | humanizePercentage }}` }} of the requests for Ingress {{ `{{ $labels.namespace }}` }}/{{ `{{ $labels.ingress }}` }} are answered with 5xx."
    runbook_url: {{ printf "%s/HeadgateErrorsHigh.md" $url | quote }}
- alert: HeadgateProblems
  expr: |-
    max by (controller_pod) (headgate_problems{ {{ $ours }},severity="error"}) > 0
  for: 1h
  labels:
    severity: info
  annotations:
    summary: "Headgate: objects have errors"
    description: "{{ `{{ $value }}` }} errors in Ingresses or in what they refer to; some of their routes are closed or not served."
    runbook_url: {{ printf "%s/HeadgateProblems.md" $url | quote }}
- alert: HeadgateWorkerDies
  expr: |-
    increase(headgate_worker_restarts_total{ {{ $ours }} }[15m]) > 2
  for: 0m
  labels:
    severity: warning
  annotations:
    summary: "Headgate: workers die again and again"
    description: "{{ `{{ $labels.controller_pod }}` }} replaced {{ `{{ $value | humanize }}` }} workers within 15 minutes; each took its connections with it."
    runbook_url: {{ printf "%s/HeadgateWorkerDies.md" $url | quote }}
- alert: HeadgateLoopBusy
  expr: |-
    max by (controller_pod, worker) (headgate_event_loop_delay_seconds{ {{ $ours }} }) > 0.5
  for: 5m
  labels:
    severity: warning
  annotations:
    summary: "Headgate: a thread is late"
    description: "thread {{ `{{ $labels.worker }}` }} of {{ `{{ $labels.controller_pod }}` }} comes {{ `{{ $value | humanizeDuration }}` }} late: every request on it waits so long."
    runbook_url: {{ printf "%s/HeadgateLoopBusy.md" $url | quote }}
- alert: HeadgateFilesRunOut
  expr: |-
    process_open_fds{ {{ $ours }} } / process_max_fds{ {{ $ours }} } > 0.8
  for: 5m
  labels:
    severity: warning
  annotations:
    summary: "Headgate: descriptors run out"
    description: "{{ `{{ $labels.controller_pod }}` }} has {{ `{{ $value | humanizePercentage }}` }} of its descriptors in use; at the limit new connections wait."
    runbook_url: {{ printf "%s/HeadgateFilesRunOut.md" $url | quote }}
- alert: HeadgateLogLinesLost
  expr: |-
    rate(headgate_log_lines_dropped_total{ {{ $ours }} }[5m]) > 0
  for: 15m
  labels:
    severity: info
  annotations:
    summary: "Headgate: log lines are lost"
    description: "whoever reads the log of {{ `{{ $labels.controller_pod }}` }} is slower than it is written; {{ `{{ $value | humanize }}` }} lines a second are dropped."
    runbook_url: {{ printf "%s/HeadgateLogLinesLost.md" $url | quote }}
{{- end -}}
