-- Tours are asked for by their plan; without an index each page of a plan reads the tours of all days.

CREATE INDEX tour_plan ON sr.tour (plan, number);
