"""Catalogue: the mutants that a store in memory shows, with the invariants that each must break."""

from mutants import call_changes as calls
from mutants import crashes, runs
from mutants import service_changes as services
from mutants import worker_changes as worker
from mutants.mutant import Mutant

OF_THE_WORKER = (
    Mutant("the inbox is skipped", "I8 I12", worker.skip_the_inbox, crashes.after_publish),
    Mutant("offsets are committed before the effect", "I3", worker.commit_before_the_effect, crashes.after_poll),
    Mutant("offsets are never committed", "I16", worker.commit_nothing, runs.buy),
    Mutant("messages are published before the commit", "I4", worker.publish_before_the_commit,
           crashes.when_it_is_paid_and_cancelled),
    Mutant("an e-mail is sent before the commit", "I11", worker.call_before_the_commit,
           crashes.when_the_email_is_sent),
    Mutant("a client is answered before the commit", "I1", worker.answer_before_the_commit,
           crashes.when_an_order_arrives),
    Mutant("an exception is swallowed", "I3", worker.swallow_exceptions, runs.fail_once,
           runs.FaultyPayments),
    Mutant("what was sent is not marked", "I17", worker.mark_nothing_as_sent, runs.buy),
    Mutant("an outbox row is marked and not sent", "I17", worker.lose_a_row, runs.buy),
    Mutant("unreadable records are skipped", "I14", worker.drop_dead_letters, runs.send_rubbish),
    Mutant("dead letters are shortened", "I20", worker.shorten_dead_letters, runs.send_rubbish),
    Mutant("records have the customer as key", "I13", worker.use_the_customer_as_key, runs.buy),
    Mutant("the inbox has other offsets", "I15", worker.note_another_offset, runs.buy),
    Mutant("leases end after a second", "I11", worker.end_leases_after_a_second, crashes.pause_a_replica),
)  # fmt: skip
OF_THE_CALLS = (
    Mutant("each charge has a new key", "I5 I6", calls.charge_with_a_new_key, runs.lose_the_reply_of_a_charge),
    Mutant("each booking has a new key", "I10", calls.book_with_a_new_key, runs.lose_the_reply_of_a_parcel),
    Mutant("each e-mail has a new Message-ID", "I11", calls.mail_with_a_new_id, runs.lose_the_reply_of_an_email),
    Mutant("a denied charge counts as paid", "I5", calls.take_a_denial_for_a_charge, runs.be_denied),
    Mutant("half of a payment is returned", "I18 I19", calls.refund_the_half, runs.cancel_while_the_card_is_charged),
    Mutant("a parcel has one of each product", "I10", calls.send_one_of_each, runs.buy),
    Mutant("redirects are followed", "I5", calls.follow_redirects, runs.be_redirected),
)
OF_THE_SERVICES = (
    Mutant("the client's price is trusted", "I7", services.trust_the_client_with_prices, runs.buy_at_an_own_price),
    Mutant("a total forgets the quantities", "I7", services.forget_quantities, runs.buy),
    Mutant("what is not there is sold", "I8", services.sell_what_is_not_there, runs.buy_too_much),
    Mutant("a denied payment releases nothing", "I9", services.release_nothing, runs.be_denied),
    Mutant("sold products are released", "I8", services.release_what_was_sold, runs.refuse_the_parcel),
    Mutant("reservations never expire", "I9", services.ignore_the_end_of_reservations, runs.pay_too_late,
           runs.forgetful_stock),
    Mutant("an order is approved without payment", "I4 I5", services.approve_without_payment, runs.buy),
    Mutant("a cancelled order is approved", "I4", services.approve_a_cancelled_order,
           runs.cancel_while_the_card_is_charged),
    Mutant("a status goes back", "I4", services.let_statuses_go_back, runs.cancel_before_the_reservation),
    Mutant("a late payment is kept", "I18", services.keep_a_late_payment, runs.cancel_while_the_card_is_charged),
    Mutant("an approved order is refunded", "I19", services.refund_an_approved_order, runs.buy),
    Mutant("an order is split", "I2", services.split_orders, runs.buy_two_products),
    Mutant("the key of a request is ignored", "I22", services.ignore_the_key, runs.repeat_a_request),
    Mutant("another body with the same key is accepted", "I22", services.accept_other_bodies, runs.use_a_key_again),
    Mutant("orders are read from a stale copy", "I21", services.answer_from_a_stale_copy, runs.buy),
    Mutant("the operator's token is logged", "I23", services.log_the_token, runs.list_all_orders),
)  # fmt: skip
IN_MEMORY = (*OF_THE_WORKER, *OF_THE_CALLS, *OF_THE_SERVICES)
BY_NAME = {mutant.name: mutant for mutant in IN_MEMORY}
