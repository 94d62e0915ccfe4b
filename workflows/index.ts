export { processOrder } from './processOrder.ts';
export { returnPayment } from './returnPayment.ts';
export { sendPasswordReset } from './sendPasswordReset.ts';
export { sendWelcomeEmail } from './sendWelcomeEmail.ts';
