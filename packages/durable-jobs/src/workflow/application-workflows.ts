/** Where a bundle has an application's own workflows: the bundler puts their module in the place of this one. */
export {};
