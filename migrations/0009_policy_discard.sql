-- SPDX-License-Identifier: AGPL-3.0-or-later
-- An author may throw a draft away that waits for nobody.

-- +goose Up

-- What was submitted is somebody's work to read, and what was published is history.
CREATE POLICY draft_discard ON policy_draft FOR DELETE TO satis_lead
    USING (network_id = current_setting('satis.network')::uuid AND state IN ('draft', 'sent_back'));
GRANT DELETE ON policy_draft TO satis_lead;
