import { z } from 'zod';
import { subjectParams } from '../routes/subjects.ts';
import { exampleIds, json, type ResourceDocs } from 'durable-jobs/http';

const job = `erase-subject:${exampleIds.user}`;

/** Documentation of the erasure of people. */
export const subjectDocs: ResourceDocs = {
  name: 'Erasure',
  description: 'The right to be forgotten.',
  routes: {
    'DELETE /api/subjects/:userId': {
      id: 'eraseSubject',
      summary: 'Erase a person',
      description:
        'Their rows are empty when this is answered. The job ends their running jobs, and then destroys the key by which the payloads of their past ones could be read.',
      params: subjectParams,
      answers: {
        202: json(
          'It has begun, or was done before.',
          z.strictObject({ jobId: z.string() }),
          { jobId: job },
          {
            Location: 'The job.',
          },
        ),
      },
      problems: ['notFound'],
    },
  },
};
