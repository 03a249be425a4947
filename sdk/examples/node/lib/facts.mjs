// SPDX-License-Identifier: BSD-3-Clause

// Facts as they come over the wire become one plain object. The host has checked them
// against the form of the manifest; a plugin checks again what it could not live with.

// Which member of Value a kind of field travels in. Kinds that this plugin's manifest does
// not use are left out: a fact of such a kind is refused.
const wire = { money: "cents", integer: "whole", person_count: "whole", yes_no: "yes", text: "text", date: "date", choice: "choice" };

// readFacts gives the facts by name, or undefined where they do not fit the fields.
export function readFacts(fields, list) {
  const out = {};
  for (const { name, value } of list) {
    const field = fields.find((f) => f.name === name);
    const member = field && wire[field.kind];
    if (!member || value?.kind !== member || name in out || !within(field, value[member])) return undefined;
    out[name] = value[member];
  }
  return fields.every((f) => !f.required || f.name in out) ? out : undefined;
}

function within(field, v) {
  return typeof v !== "number" || (Number.isSafeInteger(v) && v >= (field.min ?? -Infinity) && v <= (field.max ?? Infinity));
}
