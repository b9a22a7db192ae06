"""The loopback exchange over real sockets.

What it serves (the surface that was laid down before it was built), and the test that would miss it. `test_surface`
looks whether each named test exists. A file is named without `test_` and `.py`.

Transport
    this machine only, HTTP and WebSocket on one port ... limits::test_it_is_bound_to_this_machine_alone
    /fapi/v1|v2|v3, /api/v3, /sapi ...................... surface::test_every_rest_path_is_served
    /sapi 403 in demo ................................... python_binance::test_account_methods
    /public, /market, /private, and without a route ..... streams::test_by_its_own_route_a_stream_tells
                                                          streams::test_without_a_route_public_data_is_told
    a client that is made with `create()` ............... python_binance::test_a_client_that_looks_around_first
    /ws-fapi ............................................ not served: the second phase
Who is let in
    HMAC, Ed25519, RSA .................................. auth::test_the_documented_example_has_the_documented_signature
                                                          auth::test_a_key_of_two_halves_signs_too
    raw query and body, the query wins, DELETE in both .. auth::test_what_is_signed_is_query_then_body_without_the_signature
                                                          auth::test_query_and_body_are_signed_as_one_text_and_the_query_wins
                                                          auth::test_a_delete_may_carry_its_parameters_in_the_body
    -1022, -1102, -2014, -2015 .......................... auth::test_a_request_that_is_not_signed_rightly_is_refused
                                                          auth::test_a_key_that_is_missing_or_foreign_is_refused
    -1021 on both sides ................................. auth::test_a_request_is_of_now
    404 for an unknown path ............................. auth::test_an_unknown_path_is_answered_with_a_page
Answers
    public REST ......................................... python_binance::test_public_methods
    klines of every length, months too .................. surface::test_klines_of_every_length_are_answered
    signed REST ......................................... python_binance::test_order_methods
                                                          python_binance::test_conditional_order_methods
                                                          python_binance::test_account_methods
    positionMargin and its history ...................... margin::test_what_is_added_is_the_positions_and_can_be_taken_back
                                                          margin::test_the_history_tells_each_move_and_survives_a_restart
    what this program uses, in shape and weight ......... what_we_use::test_every_endpoint_that_is_used_has_a_case
    acknowledgements without avgPrice, a switch ......... orders::test_an_acknowledgement_says_no_price_and_a_query_does
                                                          orders::test_the_acknowledgement_of_before_is_a_switch
    field names and types against documented samples .... documented_samples::test_every_documented_field_is_in_the_table_with_its_type
    weights, counts, 429 and 418 with Retry-After ....... limits::test_weights_are_the_documented_ones
                                                          limits::test_orders_are_counted_in_headers
                                                          limits::test_too_much_weight_is_429_and_then_418
                                                          limits::test_too_many_orders_are_refused_and_cancels_are_not
Rules
    LIMIT and MARKET, their codes ....................... orders::test_what_breaks_a_rule_is_refused_with_its_code
                                                          orders::test_a_quantity_lies_on_the_step_and_is_not_too_small
    GTC, IOC, FOK, GTX, GTD ............................. orders::test_an_order_rests_is_changed_and_is_cancelled
                                                          orders::test_what_an_immediate_order_does_not_get_is_over
                                                          orders::test_a_fok_that_the_book_does_not_hold_is_refused
                                                          orders::test_an_order_that_is_good_till_a_date_ends_with_it
    -2027, -4028, -4131 ................................. orders::test_a_position_may_be_as_large_as_its_leverage_allows
                                                          user_stream::test_leverage_that_is_set_is_told_and_read_back
                                                          orders::test_a_market_order_far_from_the_mark_is_refused
    -4046, -4047, -4048; -4059, -4060, -4067, -4068 ..... limits::test_margin_type_is_set_when_nothing_is_used_and_cross_risks_nothing
                                                          orders::test_the_position_mode_stands_while_it_is_used_and_there_is_only_one
    hedge mode and others are refused ................... limits::test_modes_that_are_not_simulated_are_refused
    -4116 among open ids ................................ orders::test_an_id_is_unique_among_open_orders_only
                                                          algos::test_an_id_is_unique_among_open_conditional_orders
    five conditional types, their codes ................. algos::test_each_kind_triggers_on_its_side
                                                          algos::test_a_stop_limit_becomes_a_limit_order
                                                          algos::test_a_trailing_stop_follows_the_market_and_turns_with_it
                                                          algos::test_what_breaks_a_rule_is_refused_with_its_code
    reduceOnly, closePosition, workingType .............. orders::test_a_reduce_only_order_closes_no_more_than_there_is
                                                          algos::test_a_closing_stop_with_nothing_to_close_expires
                                                          algos::test_the_contract_price_triggers_where_that_is_asked_for
    200 orders, 200 conditional orders .................. orders::test_two_hundred_orders_of_a_symbol_are_enough
                                                          algos::test_two_hundred_conditional_orders_are_enough
    countdownCancelAll, batches, order/test ............. orders::test_a_countdown_cancels_ordinary_orders_and_zero_takes_it_back
                                                          orders::test_a_batch_is_answered_one_by_one
                                                          orders::test_a_tested_order_is_judged_and_not_sent
Streams
    every name .......................................... surface::test_every_stream_tells
    U, u, pu fit REST at every pace ..................... streams::test_the_diffs_go_on_from_the_snapshot_and_lead_to_the_same_book
                                                          streams::test_each_pace_tells_as_seldom_as_its_name_says
    a recorded market, ten times as fast ................ capture_replay::test_ten_times_as_fast_nothing_is_lost_and_the_book_is_the_recorded_one
    SUBSCRIBE to GET_PROPERTY, framing, paths ........... streams::test_the_path_may_name_streams_and_a_property_changes_the_framing
    a wrong route is silent ............................. streams::test_by_a_wrong_route_it_is_acknowledged_and_silent
    10 messages a second, so many streams ............... streams::test_more_than_ten_messages_a_second_end_the_connection
                                                          streams::test_a_connection_has_so_many_streams_at_most
    frames of any length, and a reader that is too slow . streams::test_a_message_of_any_length_arrives_as_it_is_and_uncompressed
                                                          streams::test_a_slow_reader_is_cut_off_and_stops_nobody_else
    pings, and a day for a connection ................... streams::test_a_ping_is_sent_and_who_never_answers_is_cut_off
                                                          streams::test_a_connection_is_closed_when_its_day_is_over_and_another_is_taken
The account's stream
    its three addresses, `events=` ...................... user_stream::test_the_key_may_stand_in_the_path
                                                          user_stream::test_the_combined_form_names_the_key
                                                          user_stream::test_only_the_events_that_were_asked_for_come
    orders, fills, TRADE_LITE ........................... user_stream::test_the_events_of_a_fill_come_in_order
    ALGO_UPDATE from NEW to FINISHED .................... algos::test_a_stop_lives_from_new_to_finished
    funding, money, leverage ............................ user_stream::test_funding_is_told_with_its_symbol_and_stands_in_the_income
                                                          user_stream::test_money_that_moves_is_told
    MARGIN_CALL and liquidation ......................... user_stream::test_a_liquidation_is_warned_of_forced_and_told_to_everyone
    listenKeyExpired .................................... user_stream::test_a_key_that_is_not_renewed_lives_its_time
Faults, each over a real socket
    a path and a token, off by default .................. faults::test_over_the_wire_faults_need_a_token_and_are_off_without_one
                                                          faults::test_every_wish_can_be_had_over_the_wire
    per route, after so many, so often .................. faults::test_a_fault_waits_for_its_request
    delay ............................................... faults::test_a_delay_is_only_that
    accept or execute, then drop or time out ............ faults::test_an_answer_is_lost_whether_or_not_the_order_is_executed
    execute or not, then 503s, -1006, -1007, -1008, 429,
    418, HTML under 200, 403 and 502, an empty body ..... faults::test_an_answer_is_replaced_whether_or_not_the_order_is_executed
    what -1008 spares ................................... faults::test_the_systems_protection_spares_cancels_and_exits
    streams dropped, silent, half open .................. faults::test_dropped_streams_break
                                                          faults::test_a_quiet_stream_stays_open
    10,000 messages at once ............................. faults::test_a_burst_of_ten_thousand_arrives_whole
    duplicates, loss, the other order ................... faults::test_account_events_are_doubled_lost_and_told_in_the_other_order
    a gap in pu ......................................... faults::test_a_gap_in_the_depth_chain_shows
    an expired listen key ............................... user_stream::test_a_key_that_expires_is_told_and_then_there_is_silence
    a restart with its state kept ....................... faults::test_a_restart_can_be_had_over_the_wire
                                                          restart::test_the_books_survive_a_restart
                                                          restart::test_a_trailing_stop_remembers_how_far_it_has_followed
    a skewed clock ...................................... faults::test_a_skewed_clock_refuses_what_is_of_now
Other clients
    python-binance ...................................... python_binance::test_listen_keys_and_streams
    ccxt ................................................ ccxt::test_a_position_from_market_order_to_flat
    ccxt's streams ...................................... ccxt_streams::test_the_account_is_heard
"""  # noqa: E501 - the name of a test is as long as it is
