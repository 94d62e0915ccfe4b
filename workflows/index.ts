export { deleteExpired } from './deleteExpired.ts';
export { processOrder } from './processOrder.ts';
export { returnPayment } from './returnPayment.ts';
export { runMaintenance } from './runMaintenance.ts';
export { sendPasswordReset } from './sendPasswordReset.ts';
export { sendWelcomeEmail } from './sendWelcomeEmail.ts';
export { syncPayments } from './syncPayments.ts';
