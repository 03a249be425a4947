// SPDX-License-Identifier: BSD-3-Clause

// A plugin with one subsidy: a share of a travel pass. This file is all that its author
// writes; the folder lib speaks the contract. The parameters are those of a demonstration
// network, not provisions of law.
import manifest from "./dist/manifest.json";
import { serve } from "./lib/serve.mjs";

const parameters = { share: 60, shareUnder26: 80, ceiling: 50_00 };

const basis = {
  it: "Parametro della rete (valore dimostrativo, non una norma di legge).",
  en: "Network parameter (demonstration value, not a provision of law).",
};

const euro = (cents) => ({
  it: `${Math.floor(cents / 100)},${String(cents % 100).padStart(2, "0")} €`,
  en: `€${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`,
});

// A pure function of its facts: no clock, no chance, no file. Amounts are whole cents, and
// what is divided is rounded down at once: no amount is ever a fraction.
function transportPass(facts) {
  const share = facts.under_26 ? parameters.shareUnder26 : parameters.share;
  const part = Math.floor((facts.monthly_pass * share) / 100);
  const amount = Math.min(part, parameters.ceiling);
  const [cost, a, b, most] = [facts.monthly_pass, part, amount, parameters.ceiling].map(euro);
  return {
    eligible: amount > 0,
    monthly_cents: amount,
    months: amount > 0 ? facts.course_months : 0,
    total_cents: amount * facts.course_months,
    explanation: [
      {
        rule_id: "transport.share", legal_basis: basis, facts_used: ["monthly_pass", "under_26"], amount_cents: part,
        title: { it: "Quota dell'abbonamento", en: "Share of the pass" },
        outcome: { it: `Il ${share} % di ${cost.it} è ${a.it}.`, en: `${share}% of ${cost.en} is ${a.en}.` },
      },
      {
        rule_id: "transport.ceiling", legal_basis: basis, amount_cents: amount,
        title: { it: "Massimale", en: "Ceiling" },
        outcome: amount < part
          ? { it: `Ridotto al massimale di ${most.it}.`, en: `Reduced to the ceiling of ${most.en}.` }
          : { it: `${b.it} non supera il massimale di ${most.it}.`, en: `${b.en} is not above the ceiling of ${most.en}.` },
      },
    ],
    change_hints: amount > 0 ? [] : [{ it: "Con un costo più alto ci può essere un contributo.", en: "With a higher cost there can be a contribution." }],
  };
}

serve({ manifest, rules: { transport_pass: transportPass } });
