// One node of each label and one edge of each type, with every property there is: the vocabulary of the graph.
// Takes $tenant, and $mark, which ends every text that is not a key, so that it shows whose data an answer holds.
CREATE (tenant:Tenant {tenant: $tenant, id: $tenant, version: 1, created_at: datetime(), updated_at: datetime(), name: 'tenant-' + $mark})
CREATE (team:Team:Entity {tenant: $tenant, id: 'team:platform', version: 1, created_at: datetime(), updated_at: datetime(), name: 'platform-' + $mark})
CREATE (user:User:Entity {tenant: $tenant, id: 'user:admin', version: 1, created_at: datetime(), updated_at: datetime(), name: 'admin-' + $mark, password_hash: 'hash-' + $mark})
CREATE (provider:Provider:Entity {tenant: $tenant, id: 'provider:echo', version: 1, created_at: datetime(), updated_at: datetime(), name: 'echo-' + $mark, kinds: ['Workload']})
CREATE (policy:Policy:Entity {tenant: $tenant, id: 'policy:pinned-images', version: 1, created_at: datetime(), updated_at: datetime(), name: 'pinned-images-' + $mark,
  description: 'text-' + $mark, enforcement: 'deny', points: ['plan'], owner: 'owner-' + $mark, links: ['text-' + $mark], parameters: ['least=2'], digest: 'digest-' + $mark, set_enforcement: 'warn', set_parameters: ['least=3']})
CREATE (freeze:Freeze:Entity {tenant: $tenant, id: 'freeze:christmas', version: 1, created_at: datetime(), updated_at: datetime(), name: 'christmas-' + $mark, reason: 'text-' + $mark,
  from: datetime('2026-01-01T00:00:00Z'), until: datetime('2099-01-01T00:00:00Z'), created_by: 'user-' + $mark})
CREATE (decision:Decision {tenant: $tenant, id: 'decision-1', version: 1, created_at: datetime('2026-01-01T00:00:00Z'), updated_at: datetime(), at: datetime('2026-01-01T00:00:00Z'), policy: 'pinned-images', policy_version: 'digest-' + $mark,
  point: 'plan', inputs_hash: 'hash-' + $mark, verdict: 'deny', actor: 'user-' + $mark, about_id: 'plan-1', subjects: ['shop/boutique/cart'], subject_count: 1, excepted: [], excepted_count: 0,
  message: 'text-' + $mark, duration_ms: 1.0})
CREATE (violation:Violation {tenant: $tenant, id: 'violation-1', version: 1, created_at: datetime(), updated_at: datetime(), policy: 'pinned-images', clause: 'latest', subject: 'shop/boutique/cart', place: 'shop@production',
  enforcement: 'deny', message: 'text-' + $mark, path: ['shop/boutique'], path_edges: [], state: 'open', found_at: datetime(), seen_at: datetime(), resolved_at: datetime()})
CREATE (project:Project:Entity {tenant: $tenant, id: 'shop', version: 1, created_at: datetime(), updated_at: datetime(), name: 'shop-' + $mark, description: 'text-' + $mark})
CREATE (staging:Environment:Entity {tenant: $tenant, id: 'shop@staging', version: 1, created_at: datetime(), updated_at: datetime(), name: 'staging-' + $mark,
  description: 'text-' + $mark, stage: 'staging', namespace: 'shop-staging-' + $mark,
  observed_at: datetime(), drift_every_seconds: 300, drift_ignore: ['text-' + $mark], drift_heal: false, _observed_ms: 1, _observing_until_ms: 5, _observe_for: 'request-1'})
CREATE (production:Environment:Entity {tenant: $tenant, id: 'shop@production', version: 1, created_at: datetime(), updated_at: datetime(), name: 'production-' + $mark,
  description: 'text-' + $mark, stage: 'production', namespace: 'shop-production-' + $mark})
CREATE (application:Application:Entity {tenant: $tenant, id: 'shop/boutique', version: 1, created_at: datetime(), updated_at: datetime(), name: 'boutique-' + $mark, description: 'text-' + $mark})
CREATE (other:Application:Entity {tenant: $tenant, id: 'shop/other', version: 1, created_at: datetime(), updated_at: datetime(), name: 'other-' + $mark, description: 'text-' + $mark})
CREATE (cart:Service:Entity {tenant: $tenant, id: 'shop/boutique/cart', version: 1, created_at: datetime(), updated_at: datetime(), name: 'cart-' + $mark, description: 'text-' + $mark, kind: 'Workload', exposure: 'public', data_class: 'personal', configuration: '{"image": "' + $mark + '"}'})
CREATE (checkout:Service:Entity {tenant: $tenant, id: 'shop/boutique/checkout', version: 1, created_at: datetime(), updated_at: datetime(), name: 'checkout-' + $mark, description: 'text-' + $mark, kind: 'Workload'})
CREATE (billing:Service:Entity {tenant: $tenant, id: 'shop/other/billing', version: 1, created_at: datetime(), updated_at: datetime(), name: 'billing-' + $mark, description: 'text-' + $mark, kind: 'Workload', data_class: 'personal'})
CREATE (v1:ServiceVersion:Entity {tenant: $tenant, id: 'shop/boutique/cart:v1', version: 1, created_at: datetime(), updated_at: datetime(), name: 'v1-' + $mark, digest: 'digest-' + $mark,
  image: 'cart-' + $mark, deprecated: true, replicas: 1, ports: ['http:80:8080'], environment: ['MARK=' + $mark], command: ['/cart-' + $mark], args: ['--' + $mark],
  cpu_request: '100m', cpu_limit: '200m', memory_request: '64Mi', memory_limit: '128Mi', probe_kind: 'http', probe_port: 8080, probe_path: '/' + $mark, deadline_seconds: 60})
CREATE (v2:ServiceVersion:Entity {tenant: $tenant, id: 'shop/boutique/checkout:v2', version: 1, created_at: datetime(), updated_at: datetime(), name: 'v2-' + $mark, digest: 'digest-' + $mark,
  image: 'checkout-' + $mark, replicas: 1})
CREATE (deployment:Deployment:Entity {tenant: $tenant, id: 'shop/boutique/cart@staging', version: 1, created_at: datetime(), updated_at: datetime(), name: 'cart-' + $mark, status: 'succeeded',
  message: 'text-' + $mark, application_id: 'shop/boutique', environment_id: 'shop@staging', service_id: 'shop/boutique/cart', service_name: 'cart-' + $mark, version_id: 'shop/boutique/cart:v1',
  run_id: 'run-1', deployed_at: datetime(), kind: 'Workload', provider: 'echo', depends_on: ['shop/boutique/checkout'], outputs: ['text-' + $mark],
  inputs: ['text-' + $mark], drifted: true, observed: ['image=' + $mark], expected: ['image=' + $mark], drifted_at: datetime(), observed_at: datetime(), _heals: 1, _heal_after_ms: 5, _heal_plan_id: 'plan-1'})
CREATE (elsewhere:Deployment:Entity {tenant: $tenant, id: 'shop/other/billing@staging', version: 1, created_at: datetime(), updated_at: datetime(), name: 'billing-' + $mark, status: 'succeeded',
  message: 'text-' + $mark, application_id: 'shop/other', environment_id: 'shop@staging', service_id: 'shop/other/billing', service_name: 'billing-' + $mark,
  run_id: 'run-1', deployed_at: datetime(), kind: 'Workload', provider: 'echo', depends_on: []})
CREATE (plan:Plan:Entity {tenant: $tenant, id: 'plan-1', version: 1, created_at: datetime(), updated_at: datetime(), name: 'plan-' + $mark, digest: 'digest-' + $mark, application_id: 'shop/boutique',
  environment_id: 'shop@staging', state: 'ready', created_by: 'user-' + $mark, creates: 1, updates: 0, replaces: 0, deletes: 0, no_ops: 0, blocked: 1, waves: 1, provider: 'echo',
  acting: ['shop/boutique/cart'], reads: 1, warnings: ['text-' + $mark], irreversible: 1, cost_change: 0.5,
  approval: 'required', approval_reasons: ['text-' + $mark],
  impact: 1, impact_digest: 'digest-' + $mark})
CREATE (approval:Approval {tenant: $tenant, id: 'approval-1', version: 1, created_at: datetime(), updated_at: datetime(), at: datetime(), digest: 'digest-' + $mark, verdict: 'granted',
  by: 'user-' + $mark, comment: 'text-' + $mark, application_id: 'shop/boutique', environment_id: 'shop@staging'})
CREATE (voided:Approval {tenant: $tenant, id: 'approval-voided', version: 2, created_at: datetime(), updated_at: datetime(), at: datetime(), digest: 'old-' + $mark, verdict: 'granted',
  by: 'user-' + $mark, comment: 'text-' + $mark, application_id: 'shop/boutique', environment_id: 'shop@staging', voided_at: datetime()})
CREATE (step:PlanStep {tenant: $tenant, id: 'step-1', version: 1, created_at: datetime(), updated_at: datetime(), plan_id: 'plan-1', key: 'shop/boutique/cart@staging', position: 0, wave: 0,
  action: 'create', kind: 'Workload', service_id: 'shop/boutique/cart', service_name: 'cart-' + $mark, version_id: 'shop/boutique/cart:v1', image: 'cart-' + $mark, before: ['a=' + $mark], after: ['b=' + $mark],
  sensitive: ['a-' + $mark], unknown: ['c=origin ' + $mark], irreversible: 'text-' + $mark, waiting_on: ['shop/boutique/checkout'],
  policy: 'policy-' + $mark, reason: 'text-' + $mark, path: ['shop/boutique'], path_edges: ['HAS_SERVICE'], provider: 'echo', previous_provider: 'echo', depends_on: ['shop/boutique/checkout']})
CREATE (blocked:PlanStep {tenant: $tenant, id: 'step-2', version: 1, created_at: datetime(), updated_at: datetime(), plan_id: 'plan-1', key: 'shop/boutique/checkout@staging', position: 1, wave: 0,
  action: 'blocked', kind: 'Workload', service_id: 'shop/boutique/checkout', service_name: 'checkout-' + $mark, version_id: 'shop/boutique/checkout:v2', policy: 'policy-' + $mark, reason: 'text-' + $mark,
  path: ['shop/boutique', 'shop/boutique/checkout'], path_edges: ['HAS_SERVICE']})
CREATE (run:Run:Entity {tenant: $tenant, id: 'run-1', version: 1, created_at: datetime(), updated_at: datetime(), name: 'run-' + $mark, state: 'running', on_failure: 'stop', application_id: 'shop/boutique',
  environment_id: 'shop@staging', plan_id: 'plan-1', created_by: 'user-' + $mark, correlation_id: 'request-' + $mark, fence: 1, owner: 'worker-' + $mark, lease_until: datetime() - duration('PT1H'),
  attempts: 1, rings: 1, rung_at: datetime() - duration('PT1H'), total: 2, succeeded: 0, failed: 0, skipped: 0, started_at: datetime(), finished_at: datetime(), error: 'text-' + $mark, provider: 'echo',
  waiting_for: ['paused:' + $mark], confirm_after: 1, priority: 0})
CREATE (record:StepRun {tenant: $tenant, id: 'record-1', version: 1, created_at: datetime(), updated_at: datetime(), run_id: 'run-1', key: 'shop/boutique/cart@staging', service_name: 'cart-' + $mark,
  action: 'create', wave: 0, position: 0, state: 'running', attempt: 1, mark: 'pending', fence: 1, started_at: datetime(), finished_at: datetime(), duration_ms: 1, error: 'text-' + $mark,
  message: 'text-' + $mark, waiting_for: ['shop/boutique/checkout@staging']})
CREATE (event:Event {tenant: $tenant, id: 'event-1', version: 1, created_at: datetime(), updated_at: datetime(), seq: 1, type: 'service.created', category: 'graph', level: 'info',
  subject: 'shop/boutique/cart', subject_label: 'Service', subject_version: 1, actor: 'user-' + $mark, at: datetime(), correlation_id: 'request-1', change_set: 'operation-1',
  application_id: 'shop/boutique', environment_id: 'shop@staging', message: 'text-' + $mark, data: '{"mark": "' + $mark + '"}', hash: 'hash-' + $mark, previous_hash: 'hash-' + $mark})
CREATE (pending:Event {tenant: $tenant, id: 'event-2', version: 1, created_at: datetime(), updated_at: datetime(), pending: true, type: 'service.updated', category: 'graph', level: 'info',
  subject: 'shop/boutique/cart', subject_label: 'Service', subject_version: 2, actor: 'user-' + $mark, at: datetime(), correlation_id: 'request-1', change_set: 'operation-1',
  message: 'text-' + $mark, data: '{}'})
CREATE (log:EventLog {tenant: $tenant, id: $tenant, version: 1, created_at: datetime(), updated_at: datetime(), seq: 1, head: 'hash-' + $mark, owner: 'owner-' + $mark, fence: 1, lease_until: datetime() - duration('PT1H')})
CREATE (operation:Operation {tenant: $tenant, id: 'operation-1', version: 1, created_at: datetime('2026-01-01T00:00:00Z'), updated_at: datetime(), name: 'operation-' + $mark, at: datetime(), answer: 'text-' + $mark, fingerprint: 'text-' + $mark})
CREATE (migration:Migration {tenant: $tenant, id: '0000_seed', version: 1, created_at: datetime(), updated_at: datetime(), name: '0000_seed', checksum: 'sum-' + $mark, applied_at: datetime()})
CREATE (tenant)-[:HAS_TEAM]->(team)<-[:MEMBER_OF {role: 'admin'}]-(user)
CREATE (team)-[:OWNS]->(project)-[:CONTAINS]->(application), (project)-[:CONTAINS]->(other)
CREATE (project)-[:HAS_ENVIRONMENT]->(staging)-[:PROMOTES_TO]->(production)<-[:HAS_ENVIRONMENT]-(project)
CREATE (production)-[:PROMOTES_TO]->(staging)
CREATE (staging)-[:TARGETS]->(provider)<-[:TARGETS]-(production)
CREATE (team)-[:OFFERS]->(template:Template:Entity {tenant: $tenant, id: 'template:web', version: 1, created_at: datetime(), updated_at: datetime(), name: 'web-' + $mark, title: 'text-' + $mark,
  description: 'text-' + $mark, icon: 'globe-' + $mark, category: 'web-' + $mark, tags: ['tag-' + $mark]})-[:HAS_VERSION]->(template_version:TemplateVersion:Entity {tenant: $tenant, id: 'template:web:1.0',
  version: 1, created_at: datetime(), updated_at: datetime(), name: '1.0-' + $mark, digest: 'digest-' + $mark, deprecated: true, inputs: '{"title": "' + $mark + '"}', outputs: '{"title": "' + $mark + '"}',
  workload: '{"image": "' + $mark + '"}'})<-[:INSTANCE_OF]-(cart)
CREATE (application)-[:HAS_SERVICE]->(cart)-[:HAS_VERSION]->(v1), (cart)-[:DESIRES]->(v1)
CREATE (application)-[:HAS_SERVICE]->(checkout)-[:HAS_VERSION]->(v2), (checkout)-[:DESIRES]->(v2)
CREATE (other)-[:HAS_SERVICE]->(billing)
CREATE (checkout)-[:DEPENDS_ON {kind: 'hard'}]->(cart), (billing)-[:DEPENDS_ON {kind: 'soft'}]->(cart), (cart)-[:DEPENDS_ON {kind: 'hard'}]->(billing)
CREATE (deployment)-[:OF]->(cart), (deployment)-[:RUNS]->(v1), (deployment)-[:IN]->(staging)
CREATE (elsewhere)-[:OF]->(billing), (elsewhere)-[:IN]->(staging)
CREATE (plan)-[:FOR]->(application), (plan)-[:IN]->(staging), (plan)-[:READ {version: 0}]->(cart)
CREATE (plan)-[:HAS_STEP]->(step)-[:REQUIRES]->(blocked), (plan)-[:HAS_STEP]->(blocked)-[:CHANGES]->(checkout)
CREATE (user)-[:GAVE]->(approval)-[:OF]->(plan), (user)-[:MAY_APPROVE]->(plan)-[:AFFECTS]->(billing)
CREATE (run)-[:EXECUTES]->(plan), (run)-[:HAS_STEP_RUN]->(record)-[:OF]->(step)
CREATE (event)-[:ABOUT]->(cart)
CREATE (forgotten:Deployment:Entity {tenant: $tenant, id: 'shop/boutique/gone@production', version: 1, created_at: datetime(), updated_at: datetime(), name: 'gone-' + $mark, status: 'succeeded',
  message: 'text-' + $mark, application_id: 'shop/boutique', environment_id: 'shop@production', service_id: 'shop/boutique/gone', service_name: 'gone-' + $mark, kind: 'Workload', provider: 'echo', drifted: true})-[:IN]->(production)
CREATE (:Project:Entity {tenant: $tenant, id: 'lonely', version: 1, created_at: datetime(), updated_at: datetime(), name: 'lonely-' + $mark})-[:CONTAINS]->(:Application:Entity {tenant: $tenant, id: 'lonely/app', version: 1, created_at: datetime(), updated_at: datetime(), name: 'app-' + $mark})
CREATE (decision)-[:OF]->(policy), (decision)-[:ABOUT]->(plan)
CREATE (violation)-[:OF]->(policy), (violation)-[:FOUND_ON]->(cart)
CREATE (freeze)-[:FREEZES]->(production), (freeze)-[:FREEZES]->(project)
CREATE (project)-[:SUBJECT_TO {enforcement: 'deny', parameters: []}]->(policy)-[:HOLDS]->(freeze)
CREATE (policy)-[:EXEMPTS {id: 'exception-1', owner: 'owner-' + $mark, reason: 'text-' + $mark, expires_at: datetime('2099-01-01T00:00:00Z'), created_by: 'user-' + $mark, created_at: datetime()}]->(cart)
CREATE (run)-[:ROLLS_BACK]->(run), (run)-[:REPEATS]->(run)
CREATE (application)-[:HAS_SCHEDULE]->(schedule:Schedule:Entity {tenant: $tenant, id: 'shop/boutique/schedules/nightly', version: 1, created_at: datetime(), updated_at: datetime(), name: 'nightly-' + $mark,
  cron: '0 2 * * *', zone: 'UTC', catch_up: 'none', on_failure: 'stop', paused: false, next_at: datetime({epochMillis: 1}), last_at: datetime(), last_run_id: 'run-' + $mark, last_problem: 'text-' + $mark,
  reckoned_for: '0 2 * * * UTC', _until_ms: 5})-[:DEPLOYS_TO]->(staging)
