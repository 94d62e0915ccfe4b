import { z } from 'zod';
import { subjectParams } from './routes.ts';
import { json, type ResourceDocs } from 'durable-jobs/http';
import { exampleIds } from '../../contracts/example-ids.ts';

const job = `erase-subject:${exampleIds.user}`;

/** API description of the erasure of people. */
export const subjectDocs: ResourceDocs = {
  name: 'Erasure',
  description: 'Erasing the data of a person.',
  routes: {
    'DELETE /api/subjects/:userId': {
      id: 'eraseSubject',
      summary: 'Erase a person',
      description:
        'The personal data in the rows is erased before the response. The job ends the running jobs of the person, and then destroys the key that decrypts the payloads of their past jobs.',
      params: subjectParams,
      answers: {
        202: json(
          'The erasure has started, or was completed before.',
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
