import { problems } from '../../contracts/problems.ts';
import { libraryProblems, type ProblemKind } from 'durable-jobs/http';

/** Our problems, each group with the library's problem that it follows in the list. */
const ours = new Map<ProblemKind, readonly ProblemKind[]>([
  [libraryProblems.invalidJson, [problems.invalidToken, problems.tokenExpired, problems.tokenUsed]],
  [
    libraryProblems.uploadStalled,
    [
      problems.emailTaken,
      problems.orderAlreadyPaid,
      problems.orderClosed,
      problems.orderNotAwaitingPaymentMethod,
      problems.tooManyPaymentMethods,
    ],
  ],
  [libraryProblems.misdirectedRequest, [problems.unknownUser]],
]);

/** Every problem of the API, in the order in which the document lists them. */
export const documentedProblems: readonly ProblemKind[] = Object.values(libraryProblems).flatMap(
  (problem) => [problem, ...(ours.get(problem) ?? [])],
);
