-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Persons and projects. tenant_id, the implementing entity, comes first in every key. Each
-- kind of organisation has its own database role, its own policies and its own columns.

-- +goose Up

CREATE TABLE person (
    tenant_id            uuid NOT NULL REFERENCES tenant (id),
    id                   uuid NOT NULL,
    code                 text NOT NULL,
    citizenship          text NOT NULL,
    municipality         text NOT NULL,
    municipality_reason  text NOT NULL CHECK (municipality_reason IN ('residence', 'place_of_need')),
    taken_in_charge_on   date NOT NULL,
    prior_housing_months integer NOT NULL DEFAULT 0 CHECK (prior_housing_months BETWEEN 0 AND 600),
    revision             bigint NOT NULL DEFAULT 1,
    created_at           timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, code)
);
CREATE INDEX person_list ON person (tenant_id, created_at DESC, id DESC);

-- Who the person is: one sealed JSON document; its associated data names this row.
CREATE TABLE person_identity (
    tenant_id  uuid NOT NULL,
    person_id  uuid NOT NULL,
    sealed     bytea NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, person_id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);

-- Keyed hashes of parts of the identity: exact search and the check for duplicates.
CREATE TABLE identity_token (
    tenant_id uuid NOT NULL,
    token     bytea NOT NULL,
    person_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, token, person_id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);
CREATE INDEX identity_token_person ON identity_token (tenant_id, person_id);

-- Every answer ever given; the last of a kind counts.
CREATE TABLE consent (
    tenant_id   uuid NOT NULL,
    person_id   uuid NOT NULL,
    seq         bigint GENERATED ALWAYS AS IDENTITY,
    kind        text NOT NULL CHECK (kind IN ('data', 'identity_to_services', 'programme_information')),
    given       boolean NOT NULL,
    given_on    date NOT NULL,
    language    text NOT NULL DEFAULT '',
    mediator    boolean NOT NULL DEFAULT false,
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, person_id, seq),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);

CREATE TABLE project (
    tenant_id          uuid NOT NULL,
    id                 uuid NOT NULL,
    network_id         uuid NOT NULL,
    code               text NOT NULL,
    person_id          uuid NOT NULL,
    person_code        text NOT NULL,
    social_services_id uuid NOT NULL,
    state              text NOT NULL CHECK (state IN ('draft', 'co_design', 'co_signed', 'submitted', 'under_evaluation',
                           'changes_requested', 'evaluated', 'approved', 'rejected', 'active', 'withdrawn')),
    -- True from the moment it is shared for co-design. The state cannot tell: a draft that is
    -- withdrawn was never shared and must stay the entity's own.
    shared             boolean NOT NULL DEFAULT false,
    version            integer NOT NULL DEFAULT 1 CHECK (version > 0),
    revision           bigint NOT NULL DEFAULT 1,
    -- Of the plan as last saved: for the entity and the service.
    content_hash       text NOT NULL,
    total_cents        bigint NOT NULL DEFAULT 0,
    -- Of the version as last submitted: for the lead agency.
    submitted_version  integer NOT NULL DEFAULT 0,
    submitted_hash     text NOT NULL DEFAULT '',
    submitted_cents    bigint NOT NULL DEFAULT 0,
    -- Months of housing support of the last sealed version, or those used where it ended early.
    housing_months     integer NOT NULL DEFAULT 0,
    evaluator_id       uuid,
    created_by         uuid NOT NULL,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, code),
    FOREIGN KEY (network_id, tenant_id) REFERENCES tenant (network_id, id),
    FOREIGN KEY (network_id, social_services_id) REFERENCES tenant (network_id, id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);
CREATE INDEX project_list ON project (tenant_id, updated_at DESC, id DESC);
CREATE INDEX project_state ON project (tenant_id, state, updated_at DESC, id DESC);
CREATE INDEX project_person ON project (tenant_id, person_id);
CREATE INDEX project_shared ON project (social_services_id, updated_at DESC, id DESC) WHERE shared;
CREATE INDEX project_submitted ON project (network_id, state, updated_at DESC, id DESC) WHERE submitted_version > 0;
CREATE INDEX project_received ON project (network_id, updated_at DESC, id DESC) WHERE submitted_version > 0;

CREATE TABLE plan_revision (
    tenant_id        uuid NOT NULL,
    project_id       uuid NOT NULL,
    revision         bigint NOT NULL,
    version          integer NOT NULL,
    plan             jsonb NOT NULL,
    content_hash     text NOT NULL,
    author_id        uuid NOT NULL,
    author_name      text NOT NULL,
    author_tenant_id uuid NOT NULL,
    at               timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, project_id, revision),
    FOREIGN KEY (tenant_id, project_id) REFERENCES project (tenant_id, id)
);

CREATE TABLE signature (
    tenant_id    uuid NOT NULL,
    project_id   uuid NOT NULL,
    version      integer NOT NULL,
    seq          bigint GENERATED ALWAYS AS IDENTITY,
    side         text NOT NULL CHECK (side IN ('entity', 'social_services', 'person')),
    content_hash text NOT NULL,
    signer_id    uuid NOT NULL,
    signer_name  text NOT NULL,
    at           timestamptz NOT NULL,
    voided_at    timestamptz,
    PRIMARY KEY (tenant_id, project_id, version, seq),
    FOREIGN KEY (tenant_id, project_id) REFERENCES project (tenant_id, id)
);
CREATE UNIQUE INDEX signature_once ON signature (tenant_id, project_id, version, side) WHERE voided_at IS NULL;

-- A sealed version: its plan can never change, only be submitted.
CREATE TABLE project_version (
    tenant_id       uuid NOT NULL,
    project_id      uuid NOT NULL,
    version         integer NOT NULL,
    plan            jsonb NOT NULL,
    content_hash    text NOT NULL,
    authors         uuid[] NOT NULL,
    sealed_at       timestamptz NOT NULL,
    submitted_at    timestamptz,
    override_reason text NOT NULL DEFAULT '',
    findings        jsonb NOT NULL DEFAULT '[]',
    -- Months of housing support the person had had before, as known at submission.
    housing_before  integer NOT NULL DEFAULT 0,
    decision_id     uuid,
    PRIMARY KEY (tenant_id, project_id, version),
    FOREIGN KEY (tenant_id, project_id) REFERENCES project (tenant_id, id)
);

CREATE TABLE transition (
    tenant_id       uuid NOT NULL,
    project_id      uuid NOT NULL,
    seq             integer NOT NULL,
    event           text NOT NULL,
    from_state      text NOT NULL,
    to_state        text NOT NULL,
    version         integer NOT NULL,
    actor_id        uuid NOT NULL,
    actor_name      text NOT NULL,
    actor_role      text NOT NULL,
    actor_tenant_id uuid NOT NULL,
    reason          text NOT NULL DEFAULT '',
    content_hash    text NOT NULL,
    comments        jsonb NOT NULL DEFAULT '[]',
    at              timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, project_id, seq),
    FOREIGN KEY (tenant_id, project_id) REFERENCES project (tenant_id, id)
);

CREATE TABLE evaluation (
    tenant_id    uuid NOT NULL,
    project_id   uuid NOT NULL,
    version      integer NOT NULL,
    evaluator_id uuid NOT NULL,
    opinion      text NOT NULL,
    scores       jsonb NOT NULL,
    at           timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, project_id, version),
    FOREIGN KEY (tenant_id, project_id, version) REFERENCES project_version (tenant_id, project_id, version)
);

CREATE TABLE approval (
    tenant_id      uuid NOT NULL,
    project_id     uuid NOT NULL,
    version        integer NOT NULL,
    approver_id    uuid NOT NULL,
    content_hash   text NOT NULL,
    policy_version bigint NOT NULL,
    total_cents    bigint NOT NULL,
    amounts        jsonb NOT NULL,
    at             timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, project_id, version),
    FOREIGN KEY (tenant_id, project_id, version) REFERENCES project_version (tenant_id, project_id, version)
);

-- An intervention of an approved project once it has begun.
CREATE TABLE intervention (
    tenant_id    uuid NOT NULL,
    id           uuid NOT NULL,
    project_id   uuid NOT NULL,
    version      integer NOT NULL,
    key          text NOT NULL,
    type         text NOT NULL,
    starts_on    date NOT NULL,
    ends_on      date,
    months       integer NOT NULL DEFAULT 0,
    amount_cents bigint NOT NULL CHECK (amount_cents >= 0),
    other_benefits jsonb NOT NULL DEFAULT '[]',
    details      jsonb NOT NULL,
    status       text NOT NULL DEFAULT 'planned' CHECK (status IN ('planned', 'ended')),
    revision     bigint NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, project_id, version, key),
    FOREIGN KEY (tenant_id, project_id, version) REFERENCES project_version (tenant_id, project_id, version)
);

CREATE TABLE subsidy_decision (
    tenant_id      uuid NOT NULL REFERENCES tenant (id),
    id             uuid NOT NULL,
    -- Null where the rule was asked before there was a project.
    project_id     uuid,
    subsidy        text NOT NULL,
    as_of          date NOT NULL,
    facts          jsonb NOT NULL,
    eligible       boolean NOT NULL,
    monthly_cents  bigint NOT NULL CHECK (monthly_cents >= 0),
    months         integer NOT NULL CHECK (months >= 0),
    total_cents    bigint NOT NULL CHECK (total_cents >= 0),
    explanation    jsonb NOT NULL,
    change_hints   jsonb NOT NULL,
    plugin_id      text NOT NULL,
    plugin_version text NOT NULL,
    plugin_hash    text NOT NULL,
    contract       text NOT NULL,
    request        bytea NOT NULL,
    answer         bytea NOT NULL,
    took_micros    bigint NOT NULL,
    decided_by     uuid NOT NULL,
    at             timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES project (tenant_id, id)
);
CREATE INDEX subsidy_decision_project ON subsidy_decision (tenant_id, project_id, subsidy, at DESC);

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['person', 'person_identity', 'identity_token', 'consent', 'project', 'plan_revision', 'signature',
                             'project_version', 'transition', 'evaluation', 'approval', 'intervention', 'subsidy_decision'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        -- The implementing entity: its own rows, all of them and no others.
        EXECUTE format($p$CREATE POLICY %I ON %I TO satis_entity
            USING (tenant_id = current_setting('satis.tenant')::uuid)
            WITH CHECK (tenant_id = current_setting('satis.tenant')::uuid)$p$, t || '_entity', t);
    END LOOP;
END $$;
-- +goose StatementEnd

GRANT SELECT, INSERT ON person, person_identity, identity_token, consent, project, plan_revision, signature, project_version,
    transition, intervention, subsidy_decision TO satis_entity;
GRANT SELECT ON evaluation, approval TO satis_entity;
GRANT DELETE ON identity_token TO satis_entity;
GRANT UPDATE (citizenship, municipality, municipality_reason, taken_in_charge_on, prior_housing_months, revision) ON person TO satis_entity;
GRANT UPDATE (sealed, updated_at) ON person_identity TO satis_entity;
GRANT UPDATE (state, shared, version, revision, content_hash, total_cents, submitted_version, submitted_hash, submitted_cents,
    housing_months, evaluator_id, updated_at) ON project TO satis_entity;
GRANT UPDATE (voided_at) ON signature TO satis_entity;
GRANT UPDATE (submitted_at, override_reason, findings, decision_id, housing_before) ON project_version TO satis_entity;
GRANT UPDATE (status, ends_on, revision) ON intervention TO satis_entity;

-- The social services: what is shared with them for co-design, and of it no identity
-- unless the person consents. A child row is visible where its project is.
CREATE POLICY project_services ON project TO satis_services
    USING (social_services_id = current_setting('satis.tenant')::uuid AND shared)
    WITH CHECK (social_services_id = current_setting('satis.tenant')::uuid AND shared);
CREATE POLICY person_services ON person FOR SELECT TO satis_services
    USING (EXISTS (SELECT 1 FROM project p WHERE p.tenant_id = person.tenant_id AND p.person_id = person.id));
CREATE POLICY consent_services ON consent FOR SELECT TO satis_services
    USING (EXISTS (SELECT 1 FROM project p WHERE p.tenant_id = consent.tenant_id AND p.person_id = consent.person_id));
CREATE POLICY identity_services ON person_identity FOR SELECT TO satis_services
    USING (EXISTS (SELECT 1 FROM project p WHERE p.tenant_id = person_identity.tenant_id AND p.person_id = person_identity.person_id
                     AND p.state <> 'withdrawn')
       AND (SELECT c.given FROM consent c WHERE c.tenant_id = person_identity.tenant_id AND c.person_id = person_identity.person_id
              AND c.kind = 'identity_to_services' ORDER BY c.seq DESC LIMIT 1));

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['plan_revision', 'signature', 'project_version', 'transition', 'evaluation', 'approval', 'intervention', 'subsidy_decision'] LOOP
        EXECUTE format($p$CREATE POLICY %I ON %I TO satis_services
            USING (EXISTS (SELECT 1 FROM project p WHERE p.tenant_id = %I.tenant_id AND p.id = %I.project_id))
            WITH CHECK (EXISTS (SELECT 1 FROM project p WHERE p.tenant_id = %I.tenant_id AND p.id = %I.project_id))$p$,
            t || '_services', t, t, t, t, t);
    END LOOP;
END $$;
-- +goose StatementEnd

GRANT SELECT ON person, person_identity, consent, project, plan_revision, signature, project_version, transition, evaluation,
    approval, intervention, subsidy_decision TO satis_services;
GRANT INSERT ON plan_revision, signature, project_version, transition, subsidy_decision TO satis_services;
GRANT UPDATE (state, revision, content_hash, total_cents, housing_months, updated_at) ON project TO satis_services;
GRANT UPDATE (voided_at) ON signature TO satis_services;

-- The lead agency: what was submitted in its network, in the version that was submitted,
-- under the person's code. It has no right at all on persons, identities or working drafts.
CREATE POLICY project_lead ON project TO satis_lead
    USING (network_id = current_setting('satis.network')::uuid AND submitted_version > 0)
    WITH CHECK (network_id = current_setting('satis.network')::uuid AND submitted_version > 0);
CREATE POLICY project_version_lead ON project_version FOR SELECT TO satis_lead
    USING (submitted_at IS NOT NULL AND EXISTS (SELECT 1 FROM project p WHERE p.tenant_id = project_version.tenant_id AND p.id = project_version.project_id));
CREATE POLICY signature_lead ON signature FOR SELECT TO satis_lead
    USING (voided_at IS NULL AND EXISTS (SELECT 1 FROM project p WHERE p.tenant_id = signature.tenant_id AND p.id = signature.project_id
                     AND signature.version <= p.submitted_version));
CREATE POLICY transition_lead ON transition TO satis_lead
    USING (EXISTS (SELECT 1 FROM project p WHERE p.tenant_id = transition.tenant_id AND p.id = transition.project_id
                     AND transition.version <= p.submitted_version))
    WITH CHECK (EXISTS (SELECT 1 FROM project p WHERE p.tenant_id = transition.tenant_id AND p.id = transition.project_id));
CREATE POLICY evaluation_lead ON evaluation TO satis_lead
    USING (EXISTS (SELECT 1 FROM project p WHERE p.tenant_id = evaluation.tenant_id AND p.id = evaluation.project_id))
    WITH CHECK (EXISTS (SELECT 1 FROM project p WHERE p.tenant_id = evaluation.tenant_id AND p.id = evaluation.project_id));
CREATE POLICY approval_lead ON approval TO satis_lead
    USING (EXISTS (SELECT 1 FROM project p WHERE p.tenant_id = approval.tenant_id AND p.id = approval.project_id))
    WITH CHECK (EXISTS (SELECT 1 FROM project p WHERE p.tenant_id = approval.tenant_id AND p.id = approval.project_id));
CREATE POLICY intervention_lead ON intervention FOR SELECT TO satis_lead
    USING (EXISTS (SELECT 1 FROM project p WHERE p.tenant_id = intervention.tenant_id AND p.id = intervention.project_id));
CREATE POLICY decision_lead ON subsidy_decision FOR SELECT TO satis_lead
    USING (EXISTS (SELECT 1 FROM project_version v WHERE v.tenant_id = subsidy_decision.tenant_id AND v.project_id = subsidy_decision.project_id
                     AND v.decision_id = subsidy_decision.id));

GRANT SELECT (tenant_id, id, network_id, code, person_code, social_services_id, state, shared, version, revision, submitted_version,
    submitted_hash, submitted_cents, evaluator_id, created_at, updated_at) ON project TO satis_lead;
GRANT UPDATE (state, revision, evaluator_id, updated_at) ON project TO satis_lead;
GRANT SELECT ON project_version, signature, transition, evaluation, approval, intervention, subsidy_decision TO satis_lead;
GRANT INSERT ON transition, evaluation, approval TO satis_lead;
