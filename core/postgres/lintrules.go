// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

// lintRules are the rules of the wall, each one query that names the offenders.
var lintRules = []lintRule{
	{"row security", "a table without ENABLE and FORCE ROW LEVEL SECURITY shows every tenant's rows",
		`SELECT name FROM tables WHERE NOT (relrowsecurity AND relforcerowsecurity) ORDER BY 1`},
	{"a policy for each role", "a role with a right on a table and no policy works on nothing: a policy was lost",
		`SELECT DISTINCT r.role || ' on ' || r.tab FROM rights r WHERE NOT EXISTS (
			SELECT 1 FROM policies p WHERE p.tab_oid = r.tab_oid AND r.role_oid = ANY (p.polroles)
			  AND (p.polcmd = '*' OR p.polcmd = CASE r.word WHEN 'SELECT' THEN 'r' WHEN 'INSERT' THEN 'a' WHEN 'UPDATE' THEN 'w' WHEN 'DELETE' THEN 'd' END))
			ORDER BY 1`},
	{"no policy for everyone", "a policy TO PUBLIC holds for every role at once: kinds of organisation are kept apart by role",
		`SELECT name || ' on ' || tab FROM policies WHERE 0 = ANY (polroles) ORDER BY 1`},
	{"one role a policy", "policies of two kinds of organisation are never joined by OR: the lead's page took a thousand times as long",
		`SELECT p.name || ' on ' || p.tab FROM policies p WHERE p.of_tenants AND (p.uses || p.checks) ~ '(?i)satis\.kind|current_user|session_user' ORDER BY 1`},
	{"policies bind", "a policy of a tenant's role must name the tenant or the network, or follow a table that does",
		`SELECT name || ' on ' || tab FROM policies WHERE of_tenants AND polpermissive AND (
			(polcmd <> 'a' AND uses !~ 'satis\.(tenant|network)' AND uses !~ 'EXISTS')
			OR (checks <> '' AND checks !~ 'satis\.(tenant|network)' AND checks !~ 'EXISTS')
			OR (polcmd = 'a' AND checks = '')) ORDER BY 1`},
	{"loud settings", "current_setting with a second argument is silent where no tenant is set: it must be an error",
		`SELECT name || ' on ' || tab FROM policies WHERE (uses || checks) ~ 'current_setting\([^)]*,\s*true\)' ORDER BY 1`},
	{"tenant first", "a key or an index that does not begin with tenant_id lets a value be seen, or a scan run, across tenants",
		`SELECT c.relname || ' on ' || t.name FROM tables t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class c ON c.oid = i.indexrelid
			JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'tenant_id'
			WHERE t.tenanted AND i.indkey[0] <> a.attnum AND c.relname NOT IN (
				'project_shared', -- the service finds what is shared with it, whoever owns it
				'project_submitted', 'project_received', -- the lead finds what was submitted in its network
				'member_network', 'member_user', -- policies and sign-in ask before a tenant is known
				'api_token_pkey', 'api_token_id_key' -- random values; a token must be found before its tenant is known
			) ORDER BY 1`},
	{"tenant in foreign keys", "a foreign key without tenant_id accepts another tenant's hidden row",
		`SELECT k.conname || ' on ' || t.name FROM pg_constraint k JOIN tables t ON t.oid = k.conrelid JOIN tables r ON r.oid = k.confrelid
			JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'tenant_id' JOIN pg_attribute b ON b.attrelid = r.oid AND b.attname = 'tenant_id'
			WHERE k.contype = 'f' AND t.tenanted AND r.tenanted AND NOT (k.conkey[1] = a.attnum AND k.confkey[1] = b.attnum) ORDER BY 1`},
	{"no enum", "an enum's operators are not leakproof: row security refuses the index on it",
		`SELECT typname FROM pg_type WHERE typnamespace = 'satis'::regnamespace AND typtype = 'e' ORDER BY 1`},
	{"money is bigint", "numeric is not leakproof, and a fraction of a cent is a mistake",
		`SELECT t.name || '.' || a.attname FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
			WHERE a.atttypid IN ('numeric'::regtype, 'money'::regtype, 'real'::regtype, 'double precision'::regtype)
			   OR (a.attname LIKE '%\_cents' AND a.atttypid <> 'bigint'::regtype) ORDER BY 1`},
	{"no computed index", "an index on an expression is refused under row security",
		`SELECT c.relname FROM pg_index i JOIN tables t ON t.oid = i.indrelid JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indexprs IS NOT NULL ORDER BY 1`},
	{"views of the invoker", "a view that runs as its owner steps around row security, and a materialised one keeps rows for everyone",
		`SELECT relname FROM pg_class WHERE relnamespace = 'satis'::regnamespace AND (relkind = 'm' OR (relkind = 'v'
			AND NOT coalesce('security_invoker=true' = ANY (reloptions) OR 'security_invoker=on' = ANY (reloptions), false))) ORDER BY 1`},
	{"pinned search path", "a SECURITY DEFINER function without a pinned search_path runs what its caller puts in the way",
		`SELECT proname FROM pg_proc WHERE pronamespace = 'satis'::regnamespace AND prosecdef
			AND NOT EXISTS (SELECT 1 FROM unnest(coalesce(proconfig, '{}')) AS c WHERE c LIKE 'search\_path=%') ORDER BY 1`},
	{"functions are granted", "a function that everyone, or a role that is not the application's, may call is one that nobody decided on",
		`SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'satis'::regnamespace
			AND EXISTS (SELECT 1 FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS x
				WHERE x.grantee = 0 OR (x.grantee <> p.proowner AND x.grantee NOT IN (SELECT oid FROM logins))) ORDER BY 1`},
	{"harmless roles", "a role that is a superuser, bypasses row security or makes roles makes the wall a wish",
		`SELECT rolname FROM pg_roles WHERE rolname LIKE 'satis\_%' AND rolname <> session_user AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication
			OR (rolname = 'satis_owner' AND rolcanlogin)) ORDER BY 1`},
	{"roles own nothing", "an owner can drop a policy",
		`SELECT l.name || ' owns ' || c.relname FROM logins l JOIN pg_class c ON c.relowner = l.oid
			UNION SELECT l.name || ' owns function ' || p.proname FROM logins l JOIN pg_proc p ON p.proowner = l.oid
			UNION SELECT l.name || ' owns schema ' || n.nspname FROM logins l JOIN pg_namespace n ON n.nspowner = l.oid
			UNION SELECT l.name || ' owns the database' FROM logins l JOIN pg_database d ON d.datdba = l.oid ORDER BY 1`},
	{"roles are nobody else", "a role that is a member of another has that one's rights too",
		`SELECT l.rolname || ' is a member of ' || g.rolname FROM pg_roles l JOIN pg_auth_members m ON m.member = l.oid JOIN pg_roles g ON g.oid = m.roleid
			WHERE l.rolname LIKE 'satis\_%' AND l.rolname <> session_user ORDER BY 1`},
	{"one owner", "tables belong to satis_owner, whom nobody signs in as",
		`SELECT name FROM tables WHERE relowner <> 'satis_owner'::regrole ORDER BY 1`},
	{"no rights for strangers", "only the four roles of the application have rights",
		`SELECT DISTINCT t.name || ' to ' || CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END
			FROM tables t JOIN pg_class c ON c.oid = t.oid CROSS JOIN aclexplode(c.relacl) AS x
			WHERE x.grantee <> c.relowner AND x.grantee NOT IN (SELECT oid FROM logins)
			UNION SELECT DISTINCT t.name || '.' || a.attname || ' to ' || CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END
			FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid CROSS JOIN aclexplode(a.attacl) AS x
			WHERE x.grantee NOT IN (SELECT oid FROM logins) ORDER BY 1`},
	{"rows only", "TRUNCATE, REFERENCES and TRIGGER step around row security",
		`SELECT role || ' may ' || word || ' ' || tab FROM rights WHERE word IN ('TRUNCATE', 'REFERENCES', 'TRIGGER') ORDER BY 1`},
	{"nothing is made", "a role that can create in the schema can put a function in the way",
		`SELECT name || ' may create in ' || n FROM logins, unnest(ARRAY['satis', 'public']) AS n WHERE has_schema_privilege(oid, n, 'CREATE') ORDER BY 1`},
	{"nothing is deleted", "cases are never deleted by the application",
		`SELECT role || ' may delete from ' || tab FROM rights WHERE word = 'DELETE' AND (role, tab) NOT IN (
			('satis_entity', 'identity_token'), ('satis_lead', 'policy_draft'), ('satis_system', 'member'), ('satis_system', 'api_token'), ('satis_system', 'session')) ORDER BY 1`},
	{"the past stays", "what was recorded, decided or sealed never changes",
		`SELECT role || ' may ' || lower(word) || ' ' || tab FROM rights WHERE word IN ('UPDATE', 'DELETE') AND tab IN ('audit_entry', 'audit_head',
				'plan_revision', 'consent', 'transition', 'evaluation', 'approval', 'policy_version', 'subsidy_decision', 'plugin_owner')
			UNION SELECT role || ' may insert ' || tab FROM rights WHERE word = 'INSERT' AND tab IN ('audit_entry', 'audit_head')
			UNION SELECT l.name || ' may update ' || t.name || '.' || a.attname FROM logins l CROSS JOIN tables t JOIN pg_attribute a ON a.attrelid = t.oid
			WHERE a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege(l.oid, t.oid, a.attnum, 'UPDATE') AND (
				(t.name = 'project_version' AND a.attname IN ('tenant_id', 'project_id', 'version', 'plan', 'content_hash', 'authors', 'sealed_at'))
				OR (t.name = 'signature' AND a.attname <> 'voided_at')
				OR (t.name LIKE '%' AND a.attname IN ('tenant_id', 'network_id') AND l.of_tenants)
				OR (t.name = 'project' AND a.attname IN ('id', 'code', 'person_id', 'person_code', 'social_services_id', 'created_by', 'created_at'))) ORDER BY 1`},
	{"the lead knows no person", "identity, consents and working drafts are never the lead agency's",
		`SELECT 'satis_lead may ' || lower(word) || ' ' || tab FROM rights WHERE role = 'satis_lead'
			AND tab IN ('person', 'person_identity', 'identity_token', 'consent', 'plan_revision')
			UNION SELECT 'satis_lead may read project.' || c FROM unnest(ARRAY['person_id', 'content_hash', 'total_cents', 'created_by', 'housing_months']) AS c
			WHERE has_column_privilege('satis_lead', 'satis.project', c, 'SELECT') ORDER BY 1`},
	{"services write no identity", "a social service reads an identity by consent and searches none",
		`SELECT role || ' may ' || lower(word) || ' ' || tab FROM rights WHERE role = 'satis_services'
			AND (tab = 'identity_token' OR (tab IN ('person', 'person_identity', 'consent') AND word <> 'SELECT')) ORDER BY 1`},
	{"the system knows no case", "sign-in, policy and keys need no case",
		`SELECT 'satis_system may ' || lower(word) || ' ' || tab FROM rights WHERE role = 'satis_system' AND tab NOT IN ('network', 'tenant', 'app_user',
			'member', 'policy_version', 'policy_head', 'session', 'api_token', 'tenant_key', 'audit_entry', 'audit_head',
			'plugin_file', 'plugin_version', 'plugin_default', 'plugin_activation', 'plugin_step', 'plugin_owner') ORDER BY 1`},
	{"secrets are the system's", "password hashes, sessions, tokens and keys are for sign-in alone",
		`SELECT role || ' may ' || lower(word) || ' ' || tab FROM rights WHERE of_tenants AND tab IN ('session', 'api_token', 'tenant_key', 'policy_version')
			UNION SELECT name || ' may read app_user.password_hash' FROM logins WHERE of_tenants AND has_column_privilege(oid, 'satis.app_user', 'password_hash', 'SELECT') ORDER BY 1`},
}
