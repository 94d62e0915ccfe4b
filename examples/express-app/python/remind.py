"""Starts reminders of an invoice from Python, by SQL and over REST: `python remind.py INVOICE_ID`.

Needs psycopg (`pip install "psycopg[binary]"`), DATABASE_URL, OPS_URL such as http://127.0.0.1:3000/ops, and API_KEY.
"""

import json
import os
import sys
import urllib.request

import psycopg

invoice_id = sys.argv[1]
job_input = {"invoiceId": invoice_id}


def call(method: str, path: str, body: dict | None = None) -> dict:
    request = urllib.request.Request(
        os.environ["OPS_URL"] + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {os.environ['API_KEY']}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)


# By SQL: the reminder and the rows it belongs to are one transaction. If it is rolled back, nothing starts.
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    connection.execute("UPDATE invoices SET due_at = now() WHERE id = %s", [invoice_id])
    connection.execute(
        "SELECT durable_jobs.enqueue('sendInvoiceReminder', %s, dedupe_key => %s)",
        [json.dumps(job_input), f"by-sql-{invoice_id}"],
    )

# Over REST: accepted once it is committed.
job = call(
    "POST",
    "/api/jobs",
    {"type": "sendInvoiceReminder", "input": job_input, "dedupeKey": f"by-rest-{invoice_id}"},
)
print(job["jobId"])
print(call("GET", f"/api/jobs/{job['jobId']}")["status"])
