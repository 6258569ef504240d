// The peer in Node: Fastify and postgres.js, one handler for each workload of make bench. It runs the statements that the service
// runs (the plans that the harness has recorded) and answers the same JSON; no authentication, no checks, no log.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import Fastify from "fastify";
import postgres from "postgres";

const plan = JSON.parse(readFileSync(process.env.BENCH_PLANS, "utf8"));
const labels = plan.Labels;
const text = (value) => value;

// Dates stay text, bigint becomes a number, JSON that is text already is not quoted again.
const options = {
  host: process.env.BENCH_SOCKET,
  user: process.env.BENCH_USER,
  database: process.env.BENCH_DATABASE,
  max: Number(process.env.BENCH_POOL),
  fetch_types: false,
  connection: { TimeZone: "Asia/Shanghai", DateStyle: "ISO" },
  types: {
    date: { to: 1082, from: [1082, 1114, 1184], serialize: text, parse: text },
    timestamptz: { to: 1184, from: [], serialize: text, parse: text },
    bigint: { to: 20, from: [20], serialize: String, parse: Number },
    jsonb: { to: 3802, from: [], serialize: text, parse: text },
    boolean: { to: 16, from: [16], serialize: String, parse: (value) => value === "t" },
  },
};
const sql = postgres(options);
// For statements that are planned once for all values, and for the export, which the service has planned for its values; all connect
// when they are first used.
const generic = postgres({ ...options, connection: { ...options.connection, plan_cache_mode: "force_generic_plan" } });
const custom = postgres({ ...options, connection: { ...options.connection, plan_cache_mode: "force_custom_plan" } });

function bind(step, variables) {
  return step.parameters.map((pieces) => {
    if (pieces === null) return null;
    let value = "";
    for (const [kind, part] of pieces) {
      if (kind !== "variable") value += part;
      else if (pieces.length === 1) return variables[part] ?? null;
      else value += variables[part];
    }
    return value;
  });
}

const run = (connection, step, variables) => connection.unsafe(step.sql, bind(step, variables), { prepare: true });

// Without members that are null.
function present(object) {
  for (const name in object) if (object[name] === null || object[name] === undefined) delete object[name];
  return object;
}

const money = (fen) => {
  const sign = fen < 0 ? "-" : "";
  const whole = Math.abs(fen);
  return { amount: `${sign}${Math.floor(whole / 100)}.${String(whole % 100).padStart(2, "0")}`, currency: "CNY" };
};

const instant = (value) => {
  const [day, time] = value.slice(0, -3).split(" ");
  const [seconds, fraction = ""] = time.split(".");
  return `${day}T${seconds}.${fraction.padEnd(3, "0").slice(0, 3)}+08:00`;
};

const app = Fastify({ logger: false });
app.addContentTypeParser("application/merge-patch+json", { parseAs: "string" }, app.getDefaultJsonParser("error", "error"));

app.get("/ready", async () => ({}));

app.get("/v1/alliances/:id/status", async (request, reply) => {
  const [row] = await run(sql, plan.Status[0], { id: request.params.id });
  if (!row) return reply.code(404).send({});
  return present({
    id: row.id,
    number: row.number,
    name: row.name,
    status: row.status,
    status_label: labels.statuses[row.status],
    qualified: row.qualified,
    recognised_on: row.recognised_on,
    due_on: row.due_on,
    submit_deadline_on: row.submit_deadline_on,
    document_no: row.document_no,
    next_deadline: present({
      kind: row["next_deadline.kind"],
      due_on: row["next_deadline.due_on"],
      days_left: row["next_deadline.days_left"],
    }),
    version: row.version,
  });
});

app.get("/v1/alliances", async (request) => {
  const [key, id] = Buffer.from(request.query.cursor ?? "", "base64url").toString().split(",");
  const rows = await run(sql, plan.List[0], { field: request.query.industry_field, key: key || null, id });
  const items = rows.slice(0, plan.Limit).map((row) =>
    present({
      id: row.id,
      number: row.number,
      name: row.name,
      industry_field: row.industry_field,
      industry_class: row.industry_class,
      industry_class_label: labels.industry_classes[row.industry_class],
      division_code: row.division_code,
      division_name: row.division_name,
      lead: { name: row["lead.name"] },
      recommender: { name: row["recommender.name"] },
      status: row.status,
      status_label: labels.statuses[row.status],
      qualified: row.qualified,
      recognised_on: row.recognised_on,
      due_on: row.due_on,
      document_no: row.document_no,
      version: row.version,
    }),
  );
  const last = rows[plan.Limit - 1];
  const next =
    rows.length > plan.Limit ? "/v1/alliances?cursor=" + Buffer.from(`${last._key},${last._id}`).toString("base64url") : null;
  return { items, page: { next, limit: plan.Limit } };
});

function fundingItem(row) {
  return present({
    id: row.id,
    entry_no: row.entry_no,
    kind: row.kind,
    kind_label: labels.funding_record_kinds[row.kind],
    booked_on: row.booked_on,
    fiscal_year: row.fiscal_year,
    amount: money(row.amount),
    award: row["award.id"]
      ? present({ id: row["award.id"], number: row["award.number"], kind: row["award.kind"], status: row["award.status"] })
      : null,
    alliance: row["alliance.id"]
      ? present({ id: row["alliance.id"], number: row["alliance.number"], name: row["alliance.name"] })
      : null,
    payee: row["payee.id"]
      ? present({ id: row["payee.id"], name: row["payee.name"], credit_code: row["payee.credit_code"] })
      : null,
    document_no: row.document_no,
    payment_number: row.payment_number,
    bank_reference: row.bank_reference,
    maker: row.maker,
    checker: row.checker,
    reverses: row.reverses,
    reason: row.reason,
  });
}

// The stream of everything: a cursor, 1,000 rows at a time.
async function* exported(asCsv) {
  const quote = (value) => {
    const field = value === null ? "" : String(value);
    return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
  };
  const step = plan.Export[0];
  let head = asCsv;
  for await (const rows of custom.unsafe(step.sql, bind(step, {}), { prepare: true }).cursor(1000)) {
    let chunk = head ? Object.keys(rows[0]).join(",") + "\n" : "";
    head = false;
    for (const row of rows)
      chunk += asCsv ? Object.values(row).map(quote).join(",") + "\n" : JSON.stringify(present(row)) + "\n";
    yield chunk;
  }
}

app.get("/v1/funding-records", async (request, reply) => {
  const accept = request.headers.accept;
  if (accept === "text/csv" || accept === "application/x-ndjson")
    return reply.type(accept).send(Readable.from(exported(accept === "text/csv"), { objectMode: false }));
  const variables = { id: request.query.alliance };
  const step = plan.Funding[0];
  const rows = await run(step.generic ? generic : sql, step, variables);
  const items = rows.map(fundingItem);
  const totals = rows[0]?._totals ? JSON.parse(rows[0]._totals) : null;
  return { items, page: { next: null, limit: plan.Limit }, totals };
});

// Every statement of a plan in one transaction; each row is handed to the handler.
const runAll = (steps, variables, take) =>
  sql.begin(async (transaction) => {
    for (const step of steps) for (const row of await run(transaction, step, variables)) take(step.name, row);
  });

app.post("/v1/experts/:id/transitions", async (request, reply) => {
  const { action, comment } = request.body;
  const requestId = randomBytes(16).toString("hex");
  let version = null;
  const variables = { id: request.params.id, key: request.headers["idempotency-key"], request_id: requestId, comment };
  await runAll(plan.Transition, variables, (name, row) => {
    if (name === "expert_move") version = row.version;
  });
  return reply.code(201).send({
    machine: "EXP",
    action,
    from: "active",
    to: "suspended",
    to_label: labels.statuses.suspended,
    at: plan.Now,
    role: "officer",
    account: plan.Account,
    reason: comment,
    articles: "13,17",
    request_id: requestId,
    version,
  });
});

app.patch("/v1/organisations/:id", async (request) => {
  let found = null;
  const variables = { id: request.params.id, request_id: randomBytes(16).toString("hex"), address: request.body.address };
  await runAll(plan.Write, variables, (name, row) => {
    if (name === "organisation_get") found = row;
  });
  return present({
    id: found.id,
    credit_code: found.credit_code,
    credit_code_waived: found.credit_code_waived,
    legacy_code: found.legacy_code,
    name: found.name,
    type: found.type,
    type_label: labels.organisation_types[found.type],
    division_code: found.division_code,
    administering_unit: found["administering_unit.id"]
      ? present({ id: found["administering_unit.id"], name: found["administering_unit.name"] })
      : null,
    independent_legal_person: found.independent_legal_person,
    legal_representative: found.legal_representative,
    address: found.address,
    registered_capital: found.registered_capital === null ? null : money(found.registered_capital),
    founded_on: found.founded_on,
    is_fictitious: found.is_fictitious,
    version: found.version,
    created_at: instant(found.created_at),
    updated_at: instant(found.updated_at),
  });
});

await app.listen({ host: "127.0.0.1", port: Number(process.env.BENCH_PORT) });
