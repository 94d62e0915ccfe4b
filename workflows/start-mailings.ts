import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, startChild, WorkflowIdReusePolicy } from '@temporalio/workflow';
import { kebabCase, searchAttributes } from 'durable-jobs/workflow';
import type { MailReportInput } from '../contracts/jobs/mail-report.ts';
import { mailReport } from './mailReport.ts';

/**
 * Starts a job for each copy of a report and returns their ids. The jobs outlast this one, however long a mailbox refuses its copy. A copy
 * that the job of an earlier run is still trying to mail is left to that job, which mails the report as it is then.
 */
export async function startMailings(copies: readonly MailReportInput[]): Promise<string[]> {
  return Promise.all(
    copies.map(async (copy) => {
      const businessKey = `${copy.kind}:${copy.reportId}:${copy.recipient}`;
      const workflowId = `${kebabCase('mailReport')}:${businessKey}`;
      try {
        await startChild(mailReport, {
          workflowId,
          args: [copy],
          workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
          parentClosePolicy: ParentClosePolicy.ABANDON,
          staticSummary: `Copy of the ${copy.kind} report ${copy.reportId}`,
          typedSearchAttributes: [
            { key: searchAttributes.jobType, value: 'mailReport' },
            { key: searchAttributes.businessKey, value: businessKey },
          ],
        });
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
      return workflowId;
    }),
  );
}
