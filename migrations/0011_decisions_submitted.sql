-- SPDX-License-Identifier: AGPL-3.0-or-later
-- A submitted version rests on the last decision on each subsidy, not on that on the rent
-- alone: the lead agency reads them all, and holds new versions of their rules against them.

-- +goose Up

ALTER TABLE project_version ADD COLUMN decision_ids uuid[] NOT NULL DEFAULT '{}';
-- What was submitted already rests on what was bound then: nobody is shown more of it.
ALTER TABLE project_version NO FORCE ROW LEVEL SECURITY;
UPDATE project_version SET decision_ids = ARRAY[decision_id] WHERE decision_id IS NOT NULL;
ALTER TABLE project_version FORCE ROW LEVEL SECURITY;
GRANT UPDATE (decision_ids) ON project_version TO satis_entity;

DROP POLICY decision_lead ON subsidy_decision;
CREATE POLICY decision_lead ON subsidy_decision FOR SELECT TO satis_lead
    USING (EXISTS (SELECT 1 FROM project_version v WHERE v.tenant_id = subsidy_decision.tenant_id AND v.project_id = subsidy_decision.project_id
                     AND subsidy_decision.id = ANY (v.decision_ids)));
ALTER TABLE project_version DROP COLUMN decision_id;
